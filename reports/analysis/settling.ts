/**
 * Whether a step has settled: worker CPU, packets that come out of the SFU and connected peers are steady at once, over a sliding window
 * of seconds, in so many of its positions one after the other. It is told one reading a second. Pure.
 */

/** One second. Null is missing, and not steady: a figure that no node of the run gives is never asked for. */
export interface SettlingReading {
  readonly cpuCores: number | null;
  readonly packetsPerSecond: number | null;
  readonly peers: number;
}

export interface SettlingLimits {
  /** One-second readings. */
  readonly windowReadings: number;
  /** Positions of the window in succession. */
  readonly windows: number;
  /** Coefficients of variation: standard deviation over mean. */
  readonly cpuVariation: number;
  readonly rateVariation: number;
  /** By how much of its mean a figure may rise or fall over a window, where its slope is twice its standard error. */
  readonly trend: number;
  /** Deviations and trends below that are steady whatever the mean: near idle, a share of next to nothing says nothing. */
  readonly cpuFloorCores: number;
  readonly rateFloorPerSecond: number;
}

export const settlingLimits: SettlingLimits = {
  windowReadings: 15,
  windows: 2,
  cpuVariation: 0.1,
  rateVariation: 0.03,
  trend: 0.02,
  cpuFloorCores: 0.02,
  rateFloorPerSecond: 10,
};

/** For loads of which nothing grows after the join: the window is for those that do, and need 12 to 15 s. */
export const promptSettling: SettlingLimits = { ...settlingLimits, windowReadings: 8 };

export type SettlingFigure = 'worker CPU' | 'packet rate' | 'peers';

export interface Settling {
  /** The next second; true once settled, which it then stays. */
  add(reading: SettlingReading): boolean;
  /** Of the latest window, in words for a table: what moves still; all of it while there is no whole window. */
  unsteady(): readonly SettlingFigure[];
}

export interface SettlingTask {
  readonly peers: number;
  /** What this target tells: without a control endpoint there is no CPU to wait for. */
  readonly measured: { readonly cpu: boolean; readonly packets: boolean };
}

export function createSettling(task: SettlingTask, limits: SettlingLimits = settlingLimits): Settling {
  const window: SettlingReading[] = [];
  let inSuccession = 0;
  const moving = (): readonly SettlingFigure[] => unsteadyFigures(window, task, limits);
  return {
    add(reading) {
      if (inSuccession >= limits.windows) return true;
      window.push(reading);
      if (window.length > limits.windowReadings) window.shift();
      const isWhole = window.length === limits.windowReadings;
      inSuccession = isWhole && moving().length === 0 ? inSuccession + 1 : 0;
      return inSuccession >= limits.windows;
    },
    unsteady: moving,
  };
}

function unsteadyFigures(
  window: readonly SettlingReading[],
  { peers, measured }: SettlingTask,
  limits: SettlingLimits,
): readonly SettlingFigure[] {
  const { windowReadings, trend } = limits;
  const isWhole = window.length >= windowReadings;
  const cpu = { variation: limits.cpuVariation, trend, floor: limits.cpuFloorCores };
  const rate = { variation: limits.rateVariation, trend, floor: limits.rateFloorPerSecond };
  const figures: SettlingFigure[] = [];
  if (
    measured.cpu &&
    !(
      isWhole &&
      isSteady(
        window.map((reading) => reading.cpuCores),
        cpu,
      )
    )
  )
    figures.push('worker CPU');
  if (
    measured.packets &&
    !(
      isWhole &&
      isSteady(
        window.map((reading) => reading.packetsPerSecond),
        rate,
      )
    )
  )
    figures.push('packet rate');
  if (!isWhole || window.some((reading) => reading.peers !== peers)) figures.push('peers');
  return figures;
}

interface Steadiness {
  readonly variation: number;
  readonly trend: number;
  readonly floor: number;
}

/** Every value there, scattered little about its mean, and with next to no slope (least squares). */
export function isSteady(
  values: readonly (number | null)[],
  { variation, trend, floor }: Steadiness,
): boolean {
  const present = values.filter((value) => value !== null);
  const count = present.length;
  if (count < values.length || count < 2) return false;
  const mean = present.reduce((sum, value) => sum + value, 0) / count;
  const centre = (count - 1) / 2;
  let [squares, product, spread] = [0, 0, 0];
  for (const [second, value] of present.entries()) {
    squares += (value - mean) ** 2;
    product += (second - centre) * (value - mean);
    spread += (second - centre) ** 2;
  }
  const deviation = Math.sqrt(squares / (count - 1));
  const slope = Math.abs(product / spread);
  // What is left about the line, and how sure the slope is by that: in noise, every window has a slope.
  const left = Math.max(0, squares - slope * slope * spread);
  const isNone = slope <= 2 * Math.sqrt(left / Math.max(1, count - 2) / spread);
  const within = (size: number, share: number): boolean => size < share * Math.abs(mean) || size <= floor;
  return within(deviation, variation) && (isNone || within(slope * count, trend));
}
