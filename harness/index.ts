/** The public entry of the package: what a scenario file imports from `sfubench`. */
export type { Bot, BotFunction, BotKind, MediaKind } from '../bots/bot.ts';
export { type Checks, check, fail, sleep, test } from '../bots/script/functions.ts';
export { Counter, Gauge, Rate, Trend } from '../bots/script/own-metrics.ts';
export type { AudioOptions, MediaOptions, VideoOptions } from './media-options.ts';
export type { LinkOptions, NetworkOptions } from './network-options.ts';
export type {
  CapacitySearch,
  ConstantArrivalRate,
  ConstantVus,
  ConsumeOptions,
  Duration,
  JoiningVus,
  Options,
  PerVuIterations,
  QualityOptions,
  RampingArrivalRate,
  RampingVus,
  RoomOptions,
  ScenarioEntry,
  SharedIterations,
  Stage,
  Staircase,
  SyntheticOptions,
} from './options.ts';
export type { DemoTarget, EmbeddedTarget, TargetOptions } from './target-options.ts';

declare global {
  /** The process's environment and the variables of `-e`, as in k6. */
  var __ENV: { [name: string]: string };
}
