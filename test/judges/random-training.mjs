/** Losses and optimizers that random models are trained with. */

export const losses = ["mean_squared_error", "mean_absolute_error", "huber", "log_cosh"];
const rate = (r) =>
  r.pick([0.01, 0.003, { $: "ExponentialDecay", initial_learning_rate: 0.01, decay_steps: 4, decay_rate: 0.9 }]);
const optimizer = (name, options) => (r) => {
  const config = { learning_rate: rate(r) };
  const all = { ...options, clipnorm: 0.5, clipvalue: 0.05, global_clipnorm: 0.5, weight_decay: 0.01, use_ema: true };
  const clips = ["clipnorm", "clipvalue", "global_clipnorm"];
  for (const [key, value] of Object.entries(all)) {
    if (r.chance(key in options ? 0.4 : 0.12) && !(clips.includes(key) && clips.some((c) => c in config)))
      config[key] = value;
  }
  return { class: name, config };
};
export const optimizers = [
  optimizer("SGD", { momentum: 0.9, nesterov: true }),
  optimizer("Adam", { amsgrad: true, beta_1: 0.8, epsilon: 1e-5 }),
  optimizer("AdamW", { amsgrad: true }),
  optimizer("RMSprop", { centered: true, momentum: 0.5, rho: 0.8 }),
  optimizer("Adagrad", { initial_accumulator_value: 0.2 }),
  optimizer("Adadelta", { rho: 0.9 }),
  optimizer("Adamax", { beta_2: 0.99 }),
  optimizer("Nadam", { beta_1: 0.8 }),
  optimizer("Ftrl", { l1_regularization_strength: 0.001, learning_rate_power: -0.6, beta: 0.1 }),
  optimizer("Lion", { beta_1: 0.8 }),
  optimizer("Lamb", { epsilon: 1e-5 }),
  optimizer("Adafactor", { relative_step: false, clip_threshold: 0.8 }),
];
