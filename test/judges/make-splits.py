"""What scikit-learn's splits give for random rows, labels and groups, for src/data/split-rows.test.ts.

    build/judges/bin/python test/judges/make-splits.py > test/golden/values/splits.json
"""

import json
import random

import numpy as np
from sklearn.model_selection import GroupKFold, GroupShuffleSplit, KFold, StratifiedKFold, train_test_split


def tests(splitter, *given):
    try:
        return [test.tolist() for _, test in splitter.split(*given)]
    except ValueError:
        return "refused"


def parts(n, **options):
    try:
        return [part.tolist() for part in train_test_split(np.arange(n), **options)]
    except ValueError:
        return "refused"


rnd = random.Random(4)
cases = []
for _ in range(15):
    n, seed, kinds, folds = rnd.randint(6, 40), rnd.randint(0, 2**31), rnd.randint(2, 4), rnd.randint(2, 5)
    x = np.arange(n)
    labels = [rnd.randrange(kinds) for _ in range(n)]
    groups = [rnd.randrange(max(3, n // 4)) for _ in range(n)]
    size = rnd.choice([0.1, 0.2, 0.25, 1 / 3, 0.5, rnd.randint(1, n // 2)])
    case = {"n": n, "seed": seed, "labels": labels, "groups": groups, "size": size, "folds": folds}
    case["plain"] = parts(n, test_size=size, random_state=seed)
    case["ordered"] = parts(n, test_size=size, shuffle=False)
    case["stratified"] = parts(n, test_size=size, random_state=seed, stratify=labels)
    try:
        split = GroupShuffleSplit(1, test_size=size if size < 1 else 0.3, random_state=seed).split(x, groups=groups)
        case["grouped"] = [part.tolist() for part in next(split)]
    except ValueError:
        case["grouped"] = "refused"
    case["kFold"] = tests(KFold(folds), x)
    case["kFoldShuffled"] = tests(KFold(folds, shuffle=True, random_state=seed), x)
    case["stratifiedKFold"] = tests(StratifiedKFold(folds), x, labels)
    case["stratifiedKFoldShuffled"] = tests(StratifiedKFold(folds, shuffle=True, random_state=seed), x, labels)
    case["groupKFold"] = tests(GroupKFold(folds), x, labels, groups)
    cases.append(case)
print("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]")
