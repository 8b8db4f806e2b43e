/**
 * The capacity as the level that makes a trial bad with probability ½: a logistic of good and bad over the logarithm of
 * the level, fitted to all trials of a search, and the interval of levels that those trials do not rule out. Pure.
 *
 * Plain profile likelihood covers 77–86 % here instead of 95 % (3–5 % trial noise), for two reasons. Few trials are
 * separated or nearly so, and the noise that fits them best is far below the true one (Heinze & Schemper 2002; Gelman et
 * al. 2008): a weak log-normal prior on the noise keeps it off that edge, and gives separated trials an interval without a
 * special case. And a search stops when its interval happens to be narrow, which favours those that are too narrow: the
 * deviance that rules a level out is stretched over χ²'s, by what `test/verify/search.verify.ts` shows to be enough.
 *
 * What a core's speed does to a trial is a nuisance as the noise is, and profiled like it: the level counts for level ÷
 * speed^e, with e from 0 (a worker that does not care) to 1 (one that is bound by its core). So is the lapse rate, the share
 * of trials that are bad at any level, as a neighbour that nothing shows took their core: without it, a single one far
 * below the capacity makes the whole curve flat (Wichmann & Hill 2001, The psychometric function I, §2). Only of a level up to
 * the highest good one is a trial believed to be such: above, it has to be the level, or no level were ever ruled out.
 */

export interface Tally {
  readonly level: number;
  /** Of the worker's core, over the speed that the capacity is of; 1 if absent. */
  readonly speed?: number;
  readonly good: number;
  readonly bad: number;
}

/** Of the logarithm of the level that the SFU bears, from trial to trial (standard deviation). */
export interface NoisePrior {
  readonly min: number;
  readonly max: number;
  readonly median: number;
  /** Of the noise's logarithm. */
  readonly spread: number;
}

/** What a trial depends on besides its level. */
interface Nuisances {
  readonly noise: number;
  /** 0 where all trials had the same speed. */
  readonly speedExponent: number;
  /** Share of trials that are bad whatever their level is. */
  readonly lapseRate: number;
}

export interface Curve extends Nuisances {
  readonly point: number;
}

/** `low` and `high` each with the noise under which they are most likely. */
export interface CapacityFit extends Curve {
  readonly low: Curve;
  readonly high: Curve;
}

const chiSquare95 = 3.841_458_820_694_124;
/** Of the 95 % deviance; calibrated by simulation, without a speed to profile and with one. */
const stretch = { steady: 1.3, speeds: 1.4 };
const scalesCount = 14;
const speedExponents = [0, 0.25, 0.5, 0.75, 1];
/** The first is none: its likelihood has a form that underflows nowhere. */
const lapseRates = [0, 0.03, 0.1];
/** Of an exponential prior. */
const lapseRateMean = 0.1;
/** Standard deviation of a logistic distribution of scale 1. */
const logisticDeviation = Math.PI / Math.sqrt(3);

/** Of a bad trial at `level`, at the speed that the capacity is of unless another one is given. */
export function badProbability(level: number, curve: Curve, speed = 1): number {
  const surplus = Math.log(level / curve.point) - curve.speedExponent * Math.log(speed);
  const tooMuch = 1 / (1 + Math.exp((-logisticDeviation * surplus) / curve.noise));
  return curve.lapseRate + (1 - curve.lapseRate) * tooMuch;
}

/** Null unless at least one trial was good and one bad: otherwise no level is ruled out on one side. */
export function fitCapacity(tallies: readonly Tally[], prior: NoisePrior): CapacityFit | null {
  const good = tallies.filter((tally) => tally.good > 0).map(({ level }) => Math.log(level));
  const bad = tallies.filter((tally) => tally.bad > 0).map(({ level }) => Math.log(level));
  if (good.length === 0 || bad.length === 0) return null;
  const isSteady = tallies.every(({ speed = 1 }) => speed === 1);
  const profile = profileOf(tallies, prior, isSteady ? [0] : speedExponents);
  const ends = [Math.max(...good), Math.min(...bad)];
  const mode = highest(profile, Math.min(...ends) - prior.max, Math.max(...ends) + prior.max);
  const cut = profile(mode).value - ((isSteady ? stretch.steady : stretch.speeds) * chiSquare95) / 2;
  const curve = (at: number): Curve => {
    const { value: _, ...nuisances } = profile(at);
    return { point: Math.exp(at), ...nuisances };
  };
  return {
    ...curve(mode),
    low: curve(edge(profile, mode, -1, cut)),
    high: curve(edge(profile, mode, 1, cut)),
  };
}

interface Profiled extends Nuisances {
  readonly value: number;
}

type Profile = (logPoint: number) => Profiled;

/** Penalised log likelihood of a midpoint, at the nuisances that suit it best. */
function profileOf(tallies: readonly Tally[], prior: NoisePrior, exponents: readonly number[]): Profile {
  const effects = exponents.map((speedExponent) => ({
    speedExponent,
    levels: Float64Array.from(
      tallies,
      ({ level, speed = 1 }) => Math.log(level) - speedExponent * Math.log(speed),
    ),
  }));
  const noises = Array.from({ length: scalesCount }, (_, index) => {
    const noise = prior.min * (prior.max / prior.min) ** (index / (scalesCount - 1));
    return { noise, logPrior: -0.5 * (Math.log(noise / prior.median) / prior.spread) ** 2 };
  });
  const valuesOf = lapsingLikelihood(tallies);
  return (logPoint) => {
    let best: Profiled = {
      value: Number.NEGATIVE_INFINITY,
      noise: prior.max,
      speedExponent: 0,
      lapseRate: 0,
    };
    for (const { speedExponent, levels } of effects) {
      for (const { noise, logPrior } of noises) {
        const likelihoods = valuesOf(levels, logPoint, noise);
        for (let at = 0; at < likelihoods.length; at += 1) {
          const value = (likelihoods[at] ?? 0) + logPrior;
          if (value > best.value) best = { value, noise, speedExponent, lapseRate: lapseRates[at] ?? 0 };
        }
      }
    }
    return best;
  };
}

type Likelihoods = (levels: Float64Array, logPoint: number, noise: number) => Float64Array;

/** Penalised log likelihoods, one for each lapse rate; those of the next call take their place. */
function lapsingLikelihood(tallies: readonly Tally[]): Likelihoods {
  const good = Float64Array.from(tallies, (tally) => tally.good);
  const bad = Float64Array.from(tallies, (tally) => tally.bad);
  const goodTrials = good.reduce((sum, count) => sum + count, 0);
  const highestGood = Math.max(...tallies.filter((tally) => tally.good > 0).map(({ level }) => level));
  const mayLapse = tallies.map(({ level }) => level <= highestGood);
  // Unless some level is surely too much, all that is bad could be lapses, and any level the capacity.
  const rates = tallies.every((tally, at) => mayLapse[at] || tally.bad === 0) ? [0] : lapseRates;
  const constants = rates.map((rate) => goodTrials * Math.log1p(-rate) - rate / lapseRateMean);
  const values = new Float64Array(rates.length);
  return (levels, logPoint, noise) => {
    values.set(constants);
    const slope = logisticDeviation / noise;
    let sure = 0;
    for (let index = 0; index < levels.length; index += 1) {
      const z = slope * ((levels[index] ?? 0) - logPoint);
      // Of log(1 + e^z), without its overflow.
      const tail = Math.exp(-Math.abs(z));
      const rest = Math.log1p(tail);
      sure -= (good[index] ?? 0) * (Math.max(z, 0) + rest);
      const count = bad[index] ?? 0;
      if (count === 0) continue;
      const logTooMuch = Math.min(z, 0) - rest;
      if (!mayLapse[index]) {
        sure += count * logTooMuch;
        continue;
      }
      const tooMuch = (z > 0 ? 1 : tail) / (1 + tail);
      values[0] = (values[0] ?? 0) + count * logTooMuch;
      for (let at = 1; at < values.length; at += 1) {
        const rate = rates[at] ?? 0;
        values[at] = (values[at] ?? 0) + count * Math.log(rate + (1 - rate) * tooMuch);
      }
    }
    for (let at = 0; at < values.length; at += 1) values[at] = (values[at] ?? 0) + sure;
    return values;
  };
}

/** Where the profile is highest: a scan that cannot miss the peak, then ever smaller steps about it. */
function highest(profile: Profile, from: number, to: number): number {
  const count = Math.ceil((to - from) / 0.02);
  let step = (to - from) / count;
  let best = { at: from, value: profile(from).value };
  const look = (at: number): void => {
    const { value } = profile(at);
    if (value > best.value) best = { at, value };
  };
  for (let index = 1; index <= count; index += 1) look(from + index * step);
  while (step > 1e-4) {
    step /= 2;
    const { at } = best;
    look(at - step);
    look(at + step);
  }
  return best.at;
}

/** Outwards until the level is ruled out, then back to where that begins. */
function edge(profile: Profile, mode: number, sign: -1 | 1, cut: number): number {
  let [inside, step] = [0, 0.01];
  while (profile(mode + sign * (inside + step)).value >= cut) {
    inside += step;
    step *= 1.5;
  }
  let outside = inside + step;
  for (let round = 0; round < 10; round += 1) {
    const middle = (inside + outside) / 2;
    if (profile(mode + sign * middle).value >= cut) inside = middle;
    else outside = middle;
  }
  return mode + sign * outside;
}
