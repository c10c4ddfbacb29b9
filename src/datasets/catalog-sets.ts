/** A public data set, with what its files are found by. */
export interface Described {
  name: string;
  about: string;
  licence: string;
  source: string;
  /** Subfolder of its files in a folder of data sets; its name by default. */
  folder?: string;
  /** `at`: repository, commit and path; absent where no lasting public home is known. */
  files: readonly { fileName: string; bytes: number; sha256: string; at?: string }[];
}

export const sets: readonly Described[] = [
  {
    name: "imdb-text",
    folder: "imdb",
    about: "the same 50,000 reviews as raw text, with ratings",
    licence: "research use, cite the paper",
    source: "Maas et al., Stanford, ACL 2011",
    files: [
      {
        fileName: "aclImdb_test.jsonl.gz",
        bytes: 12_757_725,
        sha256: "b2db46a5caffdac069fc8a6b615a2e56c4960ab0e6ed143518437588eb3d8671",
      },
      {
        fileName: "aclImdb_train.jsonl.gz",
        bytes: 13_062_349,
        sha256: "3e09074781069709c3b63673ffb92d519df00749a0e24bd045f842ca5062cce2",
      },
    ],
  },
  {
    name: "daily-dialog",
    about: "13,118 two-person dialogues, with emotion and act of each utterance",
    licence: "CC BY-NC-SA 4.0",
    source: "Li et al., IJCNLP 2017",
    files: [
      {
        fileName: "test/dialogues_act_test.txt",
        bytes: 16_480,
        sha256: "566649e92babfa528a77757b161deeee91e9c91fe0db71760063747e132d3f4c",
      },
      {
        fileName: "test/dialogues_emotion_test.txt",
        bytes: 16_480,
        sha256: "482b7235f91a1441055a09241b2d2709bb1702f4a08d7316c27fa807cba7d3c9",
      },
      {
        fileName: "test/dialogues_test.txt",
        bytes: 544_208,
        sha256: "3c323651cdfb09f7b529f850eddf96a638fc6cc9b43330b77956ab248484a1a8",
      },
      {
        fileName: "train/dialogues_act_train.txt",
        bytes: 185_458,
        sha256: "e910d5cfedc500d03dbedd3bcf8661ae8cf0e44d029e56a291f49a7b67042adf",
      },
      {
        fileName: "train/dialogues_emotion_train.txt",
        bytes: 185_458,
        sha256: "5c94e57c6e6c6641f4b1386513085f9d9b934229e732a556424ca7dfae4b6c77",
      },
      {
        fileName: "train/dialogues_train.txt",
        bytes: 6_041_183,
        sha256: "71633bd5fdb0b09dd82215b131b56432cf7329a0fe50bc8adec168713d350d1a",
      },
      {
        fileName: "validation/dialogues_act_validation.txt",
        bytes: 17_138,
        sha256: "fbeee7a1b2927c9cb33d6fdc384bb3ea55abf040928d2de4dcea57ab4a669682",
      },
      {
        fileName: "validation/dialogues_emotion_validation.txt",
        bytes: 17_138,
        sha256: "3d4094299a995e998bbc3492ce1755c9abc1e7f56500c840e83b12dd16580596",
      },
      {
        fileName: "validation/dialogues_validation.txt",
        bytes: 558_030,
        sha256: "2ad64701fe3a4449e7a6ee7cdc6c2a71c80f77b8a34f708ac0532395f499081c",
      },
    ],
  },
  {
    name: "ptb",
    about: "Penn Treebank, 10,000 words: word language model",
    licence: "LDC; not to be passed on",
    source: "Linguistic Data Consortium, prepared by T. Mikolov",
    files: [
      {
        fileName: "ptb.test.txt",
        bytes: 449_945,
        sha256: "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0",
      },
      {
        fileName: "ptb.train.txt",
        bytes: 5_101_618,
        sha256: "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf",
      },
      {
        fileName: "ptb.valid.txt",
        bytes: 399_782,
        sha256: "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2",
      },
    ],
  },
  {
    name: "tiny-shakespeare",
    about: "1.1 million characters of Shakespeare's plays",
    licence: "public domain",
    source: "karpathy/char-rnn",
    files: [
      {
        fileName: "input.txt",
        bytes: 1_115_394,
        sha256: "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        at: "karpathy/char-rnn/d1d7aa34fdb3626174bce1d753e6cc6845ce7087/data/tinyshakespeare/input.txt",
      },
    ],
  },
  {
    name: "alice",
    folder: "text",
    about: "Alice's Adventures in Wonderland",
    licence: "public domain in the USA",
    source: "Project Gutenberg",
    files: [
      {
        fileName: "alice.txt",
        bytes: 147_512,
        sha256: "76700112728928b7267144bd89c71f635f5b88798518dce383612fb10e693ea4",
      },
    ],
  },
  {
    name: "war-and-peace",
    folder: "text",
    about: "War and Peace, 566,308 words",
    licence: "Project Gutenberg licence",
    source: "timbmg/RNNLM",
    files: [
      {
        fileName: "warandpeace.txt",
        bytes: 3_293_492,
        sha256: "bf5b273d9246268f96663c43c00a1055ae2e42c2262be32f7e43b48dd123451a",
        at: "timbmg/RNNLM/4e5bddfd042beb3e1aa1f282954cc31567294c83/data/warandpeace.txt",
      },
    ],
  },
  {
    name: "wikitext-2",
    about: "Wikipedia words, validation and test part",
    licence: "CC BY-SA 3.0",
    source: "Merity et al. 2016; pytorch/examples",
    files: [
      {
        fileName: "test.txt",
        bytes: 1_256_449,
        sha256: "d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0",
        at: "pytorch/examples/cada773327ba94a5970e0d57c17c847d69dbbb8f/word_language_model/data/wikitext-2/test.txt",
      },
      {
        fileName: "valid.txt",
        bytes: 1_121_681,
        sha256: "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
        at: "pytorch/examples/37ce9402ff0cae48d764d7788810fd2ed8238b25/word_language_model/data/wikitext-2/valid.txt",
      },
    ],
  },
  {
    name: "airline",
    folder: "timeseries",
    about: "144 months of airline passengers",
    licence: "none stated",
    source: "Box and Jenkins; jbrownlee/Datasets",
    files: [
      {
        fileName: "airline-passengers.csv",
        bytes: 2_180,
        sha256: "8cb51be753a718d9be5d76d7e238cc224792754676adc21faa59e954b0201621",
      },
    ],
  },
  {
    name: "temperature",
    folder: "timeseries",
    about: "3,650 daily minimum temperatures in Melbourne",
    licence: "none stated",
    source: "Australian Bureau of Meteorology; jbrownlee/Datasets",
    files: [
      {
        fileName: "daily-min-temperatures.csv",
        bytes: 67_921,
        sha256: "8b9de63ed6789492bf497625e7f9beb96a63d367b4b0a21754006f749fa5e5da",
      },
    ],
  },
  {
    name: "sunspots",
    folder: "timeseries",
    about: "2,820 monthly sunspot numbers",
    licence: "none stated",
    source: "Andrews and Herzberg 1985; jbrownlee/Datasets",
    files: [
      {
        fileName: "monthly-sunspots.csv",
        bytes: 45_039,
        sha256: "c4ec8cc57d9f6fb6ecdb3e1f37f25b6f4badd5124c55931052b0cd2fc3bc71f3",
        at: "jbrownlee/Datasets/7041c0cc3d65519cf5af38b3afa82087a7d80748/monthly-sunspots.csv",
      },
    ],
  },
  {
    name: "pollution",
    folder: "timeseries",
    about: "43,824 hours of Beijing PM2.5 and weather",
    licence: "CC BY 4.0",
    source: "UCI, Liang et al. 2015",
    files: [
      {
        fileName: "pollution.csv",
        bytes: 2_010_492,
        sha256: "892e9559205d16d32623135c127a3951c12e46ea1e0b3093e107ce89a9fd60e2",
      },
    ],
  },
  {
    name: "google-stock",
    folder: "timeseries",
    about: "1,279 days of Google's share price",
    licence: "none stated",
    source: "dbstn1369/Google_Stock_Predict_LSTM",
    files: [
      {
        fileName: "Google_Stock_Price_Test.csv",
        bytes: 1_003,
        sha256: "b588fb97af351d9b0ad6c9ecc426fc8b38f17b8ebfa074ec0948460c283cc8c6",
      },
      {
        fileName: "Google_Stock_Price_Train.csv",
        bytes: 56_500,
        sha256: "02def615dae83ca9b8c90eabf46043ea5e7ebae4f330d331b56e068c45a2c143",
      },
    ],
  },
  {
    name: "ett",
    about: "two electricity transformers, 17,420 hours each",
    licence: "CC BY-ND 4.0",
    source: "Zhou et al., AAAI 2021; zhouhaoyi/ETDataset",
    files: [
      {
        fileName: "ETTh1.csv",
        bytes: 2_589_657,
        sha256: "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
      },
      {
        fileName: "ETTh2.csv",
        bytes: 2_417_960,
        sha256: "a3dc2c597b9218c7ce1cd55eb77b283fd459a1d09d753063f944967dd6b9218b",
      },
    ],
  },
  {
    name: "japanese-vowels",
    about: "640 utterances, 12 channels, 9 speakers",
    licence: "CC BY 4.0",
    source: "Kudo et al. 1999, UCI; UEA archive 2018",
    files: [
      {
        fileName: "JapaneseVowels_TEST.ts.txt",
        bytes: 649_132,
        sha256: "b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462",
      },
      {
        fileName: "JapaneseVowels_TRAIN.ts.txt",
        bytes: 487_971,
        sha256: "68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd",
      },
    ],
  },
  {
    name: "basic-motions",
    about: "80 sequences, 6 channels, 4 motions",
    licence: "none stated",
    source: "UEA archive 2018",
    files: [
      {
        fileName: "BasicMotions_TEST.ts.txt",
        bytes: 227_713,
        sha256: "79213102bc6fca1a398ad98ce1185dff0208fa3d1465e687f48288946b0ff8dc",
      },
      {
        fileName: "BasicMotions_TRAIN.ts.txt",
        bytes: 227_790,
        sha256: "8dc43cc6306cb679c888c01e26f91772ac4441a916da43bac8b79734a538b9d6",
      },
    ],
  },
  {
    name: "mnist",
    about: "10,000 handwritten digits (the test part)",
    licence: "CC BY-SA 3.0",
    source: "LeCun, Cortes, Burges",
    files: [
      {
        fileName: "t10k-images-idx3-ubyte.gz",
        bytes: 1_648_877,
        sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      },
      {
        fileName: "t10k-labels-idx1-ubyte.gz",
        bytes: 4_542,
        sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
      },
    ],
  },
  {
    name: "fsdd",
    about: "3,000 spoken digits",
    licence: "CC BY-SA 4.0",
    source: "Jakobovski/free-spoken-digit-dataset",
    files: [
      {
        fileName: "fsdd-recordings.zip",
        bytes: 16_157_653,
        sha256: "0bc2c5cae0c1416ee9edb1c1cfd2d646d683a6fdea4b28c71c98b621015bb484",
      },
    ],
  },
  {
    name: "jsb-chorales",
    about: "382 chorales by Bach",
    licence: "none stated; the music is public domain",
    source: "czhuang/JSB-Chorales-dataset",
    files: [
      {
        fileName: "Jsb16thSeparated.npz",
        bytes: 102_808,
        sha256: "2adcdf0d57880c3763f104555072285fe7f9e3d6049fcc4b9830557b8d4a7820",
        at: "czhuang/JSB-Chorales-dataset/4610106e4c2a1c1457e1d54983b92c66cf7f17c9/Jsb16thSeparated.npz",
      },
      {
        fileName: "jsb-chorales-16th.json",
        bytes: 1_741_172,
        sha256: "8730aca7b64e7d29493733d1cf19fad4a5b351d8f1845e57dac27728104fd39f",
        at: "czhuang/JSB-Chorales-dataset/9a7f733ddb4ed91f48da64ac7f0f621c34aadd4d/jsb-chorales-16th.json",
      },
      {
        fileName: "jsb-chorales-quarter.json",
        bytes: 407_200,
        sha256: "2db9329f1881a1d3f49703ec556bf1d6f84b4f6c1d702c156536e93cf31e1c91",
        at: "czhuang/JSB-Chorales-dataset/9a7f733ddb4ed91f48da64ac7f0f621c34aadd4d/jsb-chorales-quarter.json",
      },
    ],
  },
  {
    name: "fra-eng",
    about: "167,130 English and French sentences",
    licence: "CC BY 2.0 France",
    source: "tatoeba.org, manythings.org/anki; modelexlab/data",
    files: [
      {
        fileName: "fra-eng.zip",
        bytes: 3_424_571,
        sha256: "161c93f18da3a7e6df611ed961426613260de8af06ccf8c79c977afe5135ac44",
        at: "modelexlab/data/adddaf33ac35572bcfeb421efec29435e7ea9332/fra-eng.zip",
      },
    ],
  },
  {
    name: "multi30k",
    about: "31,014 image descriptions in English, German and French",
    licence: "CC BY-NC-SA 4.0",
    source: "Elliott et al. 2016; multi30k/dataset",
    files: [
      {
        fileName: "test_2016_flickr.de.gz",
        bytes: 22_890,
        sha256: "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
      },
      {
        fileName: "test_2016_flickr.en.gz",
        bytes: 21_077,
        sha256: "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
      },
      {
        fileName: "test_2016_flickr.fr.gz",
        bytes: 22_310,
        sha256: "6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90",
      },
      {
        fileName: "train.de.gz",
        bytes: 637_044,
        sha256: "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
      },
      {
        fileName: "train.en.gz",
        bytes: 568_929,
        sha256: "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
      },
      {
        fileName: "train.fr.gz",
        bytes: 604_242,
        sha256: "622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c",
      },
      {
        fileName: "val.de.gz",
        bytes: 24_681,
        sha256: "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
      },
      {
        fileName: "val.en.gz",
        bytes: 21_650,
        sha256: "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
      },
      {
        fileName: "val.fr.gz",
        bytes: 23_001,
        sha256: "ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9",
      },
    ],
  },
  {
    name: "atis",
    about: "5,871 airline queries with slots and intents",
    licence: "LDC; not to be passed on",
    source: "LDC, prepared by D. Hakkani-Tür et al. 2016; yvchen/JointSLU",
    files: [
      {
        fileName: "atis.test.w-intent.iob",
        bytes: 153_924,
        sha256: "744bc272bce1c6a828df7b5580b47a4aee2ad2019e5d2376c348bea1c15f0d6e",
      },
      {
        fileName: "atis.train.w-intent.iob",
        bytes: 900_059,
        sha256: "e0a1e3de978345b4fbfa4f2eefa8bb974460f0f7f38330e179ccaecc80d68178",
      },
    ],
  },
];
