// Many trainings of one tiny network, each lane of a vector another one: f(x) = W2 s(W1 x), without biases.
//
// What stands before this gives NUMBER (float or double), vectors of it with their functions, and the sizes INPUTS,
// HIDDEN and EXAMPLES. A hidden unit's weights stay in registers while all examples pass. A lane is computed in the same
// way whatever the others are, so that a training's fate does not depend on its neighbours.

struct Lot {
  long count, steps, tail;
  double bound;
  const NUMBER *inputs, *targets, *first, *second;  // (EXAMPLES, INPUTS), (EXAMPLES,), (HIDDEN, INPUTS), (HIDDEN,)
  const double *doses;                              // (5, stride): two learning rates, momentum, scale, decay
  double *found;                                    // (5, stride): last loss, three sums, the stop or -1
  long stride;
};

struct Networks {
  real w1[HIDDEN][INPUTS], w2[HIDDEN], v1[HIDDEN][INPUTS], v2[HIDDEN];
  real made[HIDDEN][EXAMPLES], errors[EXAMPLES];
};

static inline real forward(Networks &net, const NUMBER *inputs, const NUMBER *targets) {
  for (int n = 0; n < EXAMPLES; n++) net.errors[n] = all(0) - targets[n];
  for (int i = 0; i < HIDDEN; i++) {
    real w[INPUTS];
    for (int d = 0; d < INPUTS; d++) w[d] = net.w1[i][d];
    for (int n = 0; n < EXAMPLES; n += TOGETHER) {
      real sums[TOGETHER];
      for (int k = 0; k < TOGETHER; k++) sums[k] = all(0);
      for (int d = 0; d < INPUTS; d++)
        for (int k = 0; k < TOGETHER; k++) sums[k] += w[d] * inputs[(n + k) * INPUTS + d];
      for (int k = 0; k < TOGETHER; k++) {
        net.made[i][n + k] = ACTIVATED(sums[k]);
        net.errors[n + k] += net.w2[i] * net.made[i][n + k];
      }
    }
  }
  real sum = all(0);
  for (int n = 0; n < EXAMPLES; n++) sum += net.errors[n] * net.errors[n];
  return sum * (NUMBER(1) / EXAMPLES);
}

static inline void step(real &weight, real &speed, real slope, real rate, real momentum, real decay) {
  slope += decay * weight;
  if (MOMENTUM) slope = speed = momentum * speed + slope;
  weight -= rate * slope;
}

static inline void learn(Networks &net, const NUMBER *inputs, const real *doses) {
  for (int i = 0; i < HIDDEN; i++) {
    real slopes[INPUTS], own = all(0);
    for (int d = 0; d < INPUTS; d++) slopes[d] = all(0);
    for (int n = 0; n < EXAMPLES; n++) {
      real pull = net.errors[n] * (NUMBER(2) / EXAMPLES), made = net.made[i][n];
      own += pull * made;
      real back = pull * net.w2[i] * (SLOPE(made));
      for (int d = 0; d < INPUTS; d++) slopes[d] += back * inputs[n * INPUTS + d];
    }
    for (int d = 0; d < INPUTS; d++) step(net.w1[i][d], net.v1[i][d], slopes[d], doses[0], doses[2], doses[4]);
    step(net.w2[i], net.v2[i], own, doses[1], doses[2], doses[4]);
  }
}

static inline bool any(whole mask) {
  bool found = false;
  for (int k = 0; k < LANES; k++) found |= mask[k] != 0;
  return found;
}

static void train(const Lot &lot, long base, Networks &net) {
  real doses[5];
  for (int row = 0; row < 5; row++)
    for (int k = 0; k < LANES; k++) {
      long at = base + k < lot.count ? base + k : lot.count - 1;
      doses[row][k] = NUMBER(lot.doses[row * lot.stride + at]);
    }
  for (int i = 0; i < HIDDEN; i++) {
    for (int d = 0; d < INPUTS; d++) net.w1[i][d] = doses[3] * lot.first[i * INPUTS + d], net.v1[i][d] = all(0);
    net.w2[i] = doses[3] * lot.second[i], net.v2[i] = all(0);
  }
  real begun = all(0), last = all(0), sums = all(0), inverses = all(0), tails = all(0), stops = all(-1);
  whole alive = begun == begun;
  for (long t = 0; t <= lot.steps; t++) {
    last = forward(net, lot.inputs, lot.targets);
    if (t == 0) {
      begun = last;
    } else {
      real ratio = last / begun;
      whole still = alive & (ratio <= NUMBER(lot.bound));
      stops = (alive & ~still) ? all(NUMBER(t)) : stops;
      alive = still;
      sums += alive ? ratio : all(0);
      inverses += alive ? 1 / ratio : all(0);
      if (t > lot.steps - lot.tail) tails += alive ? ratio : all(0);
      if (!any(alive)) break;
    }
    if (t < lot.steps) learn(net, lot.inputs, doses);
  }
  const real rows[] = {last, sums, inverses, tails, stops};
  for (int row = 0; row < 5; row++)
    for (int k = 0; k < LANES && base + k < lot.count; k++) lot.found[row * lot.stride + base + k] = rows[row][k];
}

extern "C" const long lanes = LANES;
extern "C" void train_all(const Lot *lot) {
  alignas(64) Networks net;
  for (long base = 0; base < lot->count; base += LANES) train(*lot, base, net);
}
