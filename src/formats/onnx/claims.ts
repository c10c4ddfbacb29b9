/**
 * The operators that are computed, each with the attributes it may have and the inputs it cannot do without. An operator that
 * is not here, or an attribute that is not, is refused by name.
 */
export interface Claim {
  readonly attributes: readonly string[];
  readonly least: number;
  /** The opset it came with, where that is later than the first that is read. */
  readonly since: number;
  /** Whether it takes integers of 8 and 16 bits, whose arithmetic wraps round elsewhere. */
  readonly narrow: boolean;
  /** Whether it quantizes, or computes with integers of few bits: many operations each. */
  readonly quantizes: boolean;
}

/** The opsets whose rules are known; `npm run sweep -- onnx-ops` tries them all. */
export const opsets = { from: 7, to: 28 } as const;

const windows = "auto_pad dilations kernel_shape pads strides";
const recurrent = "activation_alpha activation_beta activations clip direction hidden_size layout output_sequence";
const reduction = "axes keepdims noop_with_empty_axes";
const place = "axis keepdims select_last_index";

/** `attributes`, or none; inputs an operator needs (1 unless it is said). */
const lines: Readonly<Record<string, readonly [attributes: string, least?: number]>> = {
  LSTM: [`${recurrent} input_forget`, 3],
  GRU: [`${recurrent} linear_before_reset`, 3],
  RNN: [recurrent, 3],
  MatMul: ["", 2],
  Gemm: ["alpha beta transA transB", 2],
  Einsum: ["equation"],
  Conv: [`${windows} group`, 2],
  ConvTranspose: [`${windows} group output_padding output_shape`, 2],
  MaxPool: [`${windows} ceil_mode storage_order`],
  AveragePool: [`${windows} ceil_mode count_include_pad`],
  GlobalAveragePool: [""],
  GlobalMaxPool: [""],
  Resize: [
    "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value keep_aspect_ratio_policy mode nearest_mode",
  ],
  Upsample: ["mode scales"],
  Add: ["", 2],
  Sub: ["", 2],
  Mul: ["", 2],
  Div: ["", 2],
  Pow: ["", 2],
  Mod: ["fmod", 2],
  Max: [""],
  Min: [""],
  Sum: [""],
  Mean: [""],
  Equal: ["", 2],
  Greater: ["", 2],
  GreaterOrEqual: ["", 2],
  Less: ["", 2],
  LessOrEqual: ["", 2],
  Not: [""],
  And: ["", 2],
  Or: ["", 2],
  Xor: ["", 2],
  Where: ["", 3],
  Clip: ["max min"],
  Abs: [""],
  Neg: [""],
  Sign: [""],
  Floor: [""],
  Ceil: [""],
  Round: [""],
  Sqrt: [""],
  Exp: [""],
  Log: [""],
  Reciprocal: [""],
  Sin: [""],
  Cos: [""],
  Tan: [""],
  Sinh: [""],
  Cosh: [""],
  Erf: [""],
  IsNaN: [""],
  IsInf: ["detect_negative detect_positive"],
  Relu: [""],
  Sigmoid: [""],
  Tanh: [""],
  Softplus: [""],
  Softsign: [""],
  LeakyRelu: ["alpha"],
  PRelu: ["", 2],
  ThresholdedRelu: ["alpha"],
  Elu: ["alpha"],
  Celu: ["alpha"],
  Selu: ["alpha gamma"],
  HardSigmoid: ["alpha beta"],
  HardSwish: [""],
  Mish: [""],
  Gelu: ["approximate"],
  Shrink: ["bias lambd"],
  Softmax: ["axis"],
  LogSoftmax: ["axis"],
  Hardmax: ["axis"],
  LayerNormalization: ["axis epsilon stash_type", 2],
  BatchNormalization: ["epsilon momentum spatial training_mode", 5],
  InstanceNormalization: ["epsilon", 3],
  GroupNormalization: ["epsilon num_groups stash_type", 3],
  LpNormalization: ["axis p"],
  ReduceSum: [reduction],
  ReduceMean: [reduction],
  ReduceMax: [reduction],
  ReduceMin: [reduction],
  ReduceProd: [reduction],
  ReduceL1: [reduction],
  ReduceL2: [reduction],
  ReduceSumSquare: [reduction],
  ReduceLogSum: [reduction],
  ReduceLogSumExp: [reduction],
  ArgMax: [place],
  ArgMin: [place],
  CumSum: ["exclusive reverse", 2],
  Identity: [""],
  Dropout: ["ratio seed"],
  Cast: ["round_mode saturate to"],
  CastLike: ["round_mode saturate", 2],
  Transpose: ["perm"],
  Reshape: ["allowzero", 2],
  Flatten: ["axis"],
  Squeeze: ["axes"],
  Unsqueeze: ["axes"],
  Concat: ["axis"],
  Split: ["axis num_outputs split"],
  Slice: ["axes ends starts"],
  Expand: ["", 2],
  Tile: ["", 2],
  Pad: ["mode pads value"],
  Trilu: ["upper"],
  DepthToSpace: ["blocksize mode"],
  SpaceToDepth: ["blocksize"],
  Shape: ["end start"],
  Size: [""],
  Gather: ["axis", 2],
  GatherElements: ["axis", 2],
  GatherND: ["batch_dims", 2],
  ScatterElements: ["axis reduction", 3],
  ScatterND: ["reduction", 3],
  TopK: ["axis k largest sorted"],
  ReverseSequence: ["batch_axis time_axis", 2],
  Loop: ["", 0],
  Scan: ["num_scan_inputs scan_input_axes scan_input_directions scan_output_axes scan_output_directions"],
  If: [""],
  Constant: ["value value_float value_floats value_int value_ints", 0],
  ConstantOfShape: ["value"],
  Range: ["", 3],
  EyeLike: ["dtype k"],
  OneHot: ["axis", 3],
  QuantizeLinear: ["axis block_size output_dtype precision saturate", 2],
  DequantizeLinear: ["axis block_size output_dtype", 2],
  DynamicQuantizeLinear: [""],
  MatMulInteger: ["", 2],
  ConvInteger: [`${windows} group`, 2],
  QLinearMatMul: ["", 8],
  QLinearConv: [`${windows} group`, 8],
  "com.microsoft.QuantizeLinear": ["axis block_size", 2],
  "com.microsoft.DequantizeLinear": ["axis block_size", 2],
  "com.microsoft.DynamicQuantizeLSTM": [`${recurrent} input_forget`, 3],
  "com.microsoft.QGemm": ["alpha transA transB", 6],
  "com.microsoft.QLinearAdd": ["", 7],
  "com.microsoft.QLinearMul": ["", 7],
  "com.microsoft.QLinearSigmoid": ["", 4],
  "com.microsoft.QLinearLeakyRelu": ["alpha", 4],
  "com.microsoft.QLinearSoftmax": ["axis opset", 4],
  "com.microsoft.QLinearAveragePool": [`${windows} ceil_mode channels_last count_include_pad`, 4],
  "com.microsoft.QLinearGlobalAveragePool": ["channels_last", 4],
  "com.microsoft.QLinearWhere": ["", 8],
  "com.microsoft.QLinearConcat": ["axis", 3],
};

/** Operators that take integers of 8 and 16 bits: those that quantize, and those that move, compare or choose numbers. */
const takesNarrow = new Set(
  (
    "Identity Cast CastLike Transpose Reshape Flatten Squeeze Unsqueeze Concat Split Slice Expand Tile Pad DepthToSpace SpaceToDepth Shape Size " +
    "Gather GatherElements GatherND Equal Greater GreaterOrEqual Less LessOrEqual Max Min Where Clip Relu MaxPool Loop Scan If Constant"
  ).split(" "),
);
const quantizing = /^com\.microsoft\.|Integer$|^QLinear|uantizeLinear$/;

/** Operators that came later, by the opset they came with. */
const later: Readonly<Record<number, string>> = {
  8: "Expand Scan",
  9: "Where Sign Sinh Cosh Erf IsNaN Shrink ConstantOfShape EyeLike OneHot",
  10: "QuantizeLinear DequantizeLinear MatMulInteger ConvInteger QLinearMatMul QLinearConv Resize Mod IsInf ThresholdedRelu ReverseSequence",
  11: "DynamicQuantizeLinear Round CumSum GatherElements GatherND ScatterElements ScatterND Range",
  12: "Einsum GreaterOrEqual LessOrEqual Celu",
  14: "HardSwish Trilu",
  15: "CastLike",
  17: "LayerNormalization",
  18: "Mish GroupNormalization",
  20: "Gelu",
};
const since = new Map(Object.entries(later).flatMap(([opset, ops]) => ops.split(" ").map((op) => [op, Number(opset)])));

export const claims: ReadonlyMap<string, Claim> = new Map(
  Object.entries(lines).map(([op, [attributes, least = 1]]) => [
    op,
    {
      attributes: attributes === "" ? [] : attributes.split(" "),
      least,
      since: since.get(op) ?? opsets.from,
      narrow: takesNarrow.has(op) || quantizing.test(op),
      quantizes: quantizing.test(op),
    },
  ]),
);
