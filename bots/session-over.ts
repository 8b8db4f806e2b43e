/** What everything that a scenario's function awaits rejects with once its session is over: that is no failure of it. */
export class SessionOver extends Error {
  override readonly name = 'SessionOver';
}
