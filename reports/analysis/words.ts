/** Figures in the reasons of a trial's state. */
export function percentText(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}
