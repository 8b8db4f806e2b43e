export interface Ceiling { readonly schemaVersion: 1; readonly packetsPerSecond: number }
