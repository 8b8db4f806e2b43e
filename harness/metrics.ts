/**
 * The metric table: one name, one kind, one unit, for ever. Samples and thresholds use these names only.
 * Kinds are k6's: a Counter is cumulative, a Rate keeps its numerator and denominator, a Trend is sampled per
 * subject and second.
 */
export type MetricKind = 'counter' | 'gauge' | 'rate' | 'trend';
export type MetricUnit = 'ms' | 'cores' | 'bytes' | 'bps' | 'us' | 'fps' | 'ratio' | 'packets' | 'count';

export interface Metric {
  readonly kind: MetricKind;
  readonly unit: MetricUnit;
  readonly meaning: string;
}

export const metrics = {
  join_ms: {
    kind: 'trend',
    unit: 'ms',
    meaning: 'due instant to transports connected and own producers accepted',
  },
  first_media_ms: { kind: 'trend', unit: 'ms', meaning: 'due instant to first media packet received' },
  first_frame_ms: {
    kind: 'trend',
    unit: 'ms',
    meaning: 'due instant to the first video frame that could be shown',
  },
  joins_total: { kind: 'counter', unit: 'count', meaning: 'joins that succeeded' },
  joins_failed_total: { kind: 'counter', unit: 'count', meaning: 'joins that failed' },
  iterations: { kind: 'counter', unit: 'count', meaning: 'sessions completed, as in k6' },
  exceptions_total: {
    kind: 'counter',
    unit: 'count',
    meaning: 'what the scenario’s functions threw and did not catch, unawaited promises and timers included',
  },
  checks: { kind: 'rate', unit: 'ratio', meaning: 'checks of the scenario that held, as in k6' },
  dropped_iterations: {
    kind: 'counter',
    unit: 'count',
    meaning: 'sessions that were due when nobody was free to begin them',
  },

  rtp_packets_sent_total: { kind: 'counter', unit: 'packets', meaning: 'RTP packets sent by the bots' },
  rtp_packets_received_total: {
    kind: 'counter',
    unit: 'packets',
    meaning: 'RTP packets received by the bots',
  },
  rtp_packets_lost_total: { kind: 'counter', unit: 'packets', meaning: 'packets missing by sequence number' },
  rtp_duplicate_packets_total: {
    kind: 'counter',
    unit: 'packets',
    meaning: 'packets that synthetic bots received twice',
  },
  rtp_reordered_packets_total: {
    kind: 'counter',
    unit: 'packets',
    meaning: 'packets that came after a later one',
  },
  rtp_late_packets_total: {
    kind: 'counter',
    unit: 'packets',
    meaning: 'packets that came after the window, and stay lost',
  },
  rtp_recovered_packets_total: {
    kind: 'counter',
    unit: 'packets',
    meaning: 'lost packets that RTX brought',
  },
  rtp_padding_packets_total: {
    kind: 'counter',
    unit: 'packets',
    meaning: 'bandwidth probes of the SFU: no media, not received ones',
  },
  rtp_refused_packets_total: {
    kind: 'counter',
    unit: 'packets',
    meaning: 'packets that were malformed or failed their authentication',
  },
  rtp_foreign_marks_total: {
    kind: 'counter',
    unit: 'packets',
    meaning: 'marked packets of another stream, forwarded twice, or backwards',
  },
  rtp_loss_ratio: { kind: 'rate', unit: 'ratio', meaning: 'lost over expected, as the bots count them' },
  delivery_ratio: { kind: 'rate', unit: 'ratio', meaning: 'received over due by fan-out, in trials' },
  violation_ratio: {
    kind: 'rate',
    unit: 'ratio',
    meaning: 'windows of a consumer in which quality was broken, over all',
  },
  violations_silence_total: { kind: 'counter', unit: 'count', meaning: 'windows in which nothing came' },
  violations_loss_total: { kind: 'counter', unit: 'count', meaning: 'windows with loss after repair' },
  violations_latency_total: { kind: 'counter', unit: 'count', meaning: 'windows with media that came late' },
  violations_freeze_total: { kind: 'counter', unit: 'count', meaning: 'windows with a long freeze' },
  violations_fps_total: { kind: 'counter', unit: 'count', meaning: 'windows with too few frames' },
  violations_bitrate_total: {
    kind: 'counter',
    unit: 'count',
    meaning: 'windows with a lower layer, or less of it',
  },
  rtp_jitter_ms: { kind: 'trend', unit: 'ms', meaning: 'interarrival jitter (RFC 3550)' },
  rtp_one_way_ms: {
    kind: 'trend',
    unit: 'ms',
    meaning: 'a packet’s way from its publisher through the SFU to a receiver',
  },
  rtt_ms: { kind: 'trend', unit: 'ms', meaning: 'round trip between bot and SFU' },
  video_fps: { kind: 'trend', unit: 'fps', meaning: 'frames decoded per second and received video stream' },
  video_freezes_total: { kind: 'counter', unit: 'count', meaning: 'freezes (W3C webrtc-stats)' },
  video_freeze_ms_total: { kind: 'counter', unit: 'ms', meaning: 'time frozen' },
  video_frames_decoded_total: { kind: 'counter', unit: 'count', meaning: 'video frames decoded by the bots' },
  video_frames_dropped_total: { kind: 'counter', unit: 'count', meaning: 'video frames dropped by the bots' },
  jitter_buffer_ms: { kind: 'trend', unit: 'ms', meaning: 'mean delay in the jitter buffer' },
  audio_samples_total: { kind: 'counter', unit: 'count', meaning: 'audio samples played' },
  audio_concealed_samples_total: { kind: 'counter', unit: 'count', meaning: 'audio samples concealed' },
  nacks_total: { kind: 'counter', unit: 'count', meaning: 'NACKs sent by the bots' },
  plis_total: { kind: 'counter', unit: 'count', meaning: 'PLIs sent by the bots' },
  available_bitrate_bps: { kind: 'trend', unit: 'bps', meaning: 'bandwidth estimate of a publisher' },

  worker_cpu_cores: { kind: 'trend', unit: 'cores', meaning: 'CPU of a worker over wall time' },
  worker_rss_bytes: { kind: 'trend', unit: 'bytes', meaning: 'resident memory of a worker' },
  worker_loop_lag_ms: {
    kind: 'trend',
    unit: 'ms',
    meaning: 'latency of a worker’s answer: a probe of its loop',
  },
  worker_us_per_packet: {
    kind: 'trend',
    unit: 'us',
    meaning: 'worker CPU over packets sent to consumers, of a trial',
  },
  worker_runqueue_ratio: {
    kind: 'trend',
    unit: 'ratio',
    meaning: 'wait of a worker for its core, over wall',
  },
  worker_core_work_us: {
    kind: 'trend',
    unit: 'us',
    meaning:
      'CPU time of a fixed piece of work on the core of a worker, median of a second: how fast the core is',
  },
  worker_preempted_total: { kind: 'counter', unit: 'count', meaning: 'involuntary context switches' },
  workers: { kind: 'trend', unit: 'count', meaning: 'workers alive' },
  rooms: { kind: 'trend', unit: 'count', meaning: 'rooms open' },
  peers: { kind: 'trend', unit: 'count', meaning: 'peers in a room' },
  transports: { kind: 'trend', unit: 'count', meaning: 'WebRTC transports open' },
  producers: { kind: 'trend', unit: 'count', meaning: 'producers open' },
  consumers: { kind: 'trend', unit: 'count', meaning: 'consumers open and not paused' },
  consumer_packets_sent_total: {
    kind: 'counter',
    unit: 'packets',
    meaning: 'RTP packets that consumers sent',
  },
  producer_packets_received_total: {
    kind: 'counter',
    unit: 'packets',
    meaning: 'RTP packets that producers received',
  },
  consumer_bitrate_bps: { kind: 'trend', unit: 'bps', meaning: 'bitrate of a consumer' },
  consumer_score: { kind: 'trend', unit: 'count', meaning: 'score of a consumer, 0 to 10' },

  generator_cpu_cores: { kind: 'trend', unit: 'cores', meaning: 'CPU of bot hosts and browsers' },
  generator_rss_bytes: { kind: 'trend', unit: 'bytes', meaning: 'resident memory of bot hosts and browsers' },
  generator_loop_lag_ms: {
    kind: 'trend',
    unit: 'ms',
    meaning: 'worst event-loop lag of the harness in a second',
  },
  generator_send_lag_ms: {
    kind: 'trend',
    unit: 'ms',
    meaning: 'worst delay of a synthetic bot’s packet beyond its schedule in a second',
  },
  generator_socket_drops_total: {
    kind: 'counter',
    unit: 'count',
    meaning: 'datagrams that the bots’ sockets had no room for',
  },
  generator_unsent: {
    kind: 'rate',
    unit: 'ratio',
    meaning: 'datagrams that the bots could not send, over all that they were to send',
  },
  generator_runqueue_ratio: {
    kind: 'trend',
    unit: 'ratio',
    meaning: 'run-queue wait of its threads over wall',
  },
  generator_late_sends: {
    kind: 'rate',
    unit: 'ratio',
    meaning: 'synthetic frames sent later than one media interval, over all',
  },
  generator_unread_bots: {
    kind: 'trend',
    unit: 'count',
    meaning: 'bots that did not answer a reading in time',
  },
  generator_missed_windows: {
    kind: 'rate',
    unit: 'ratio',
    meaning: 'windows that could not be read, as bots did not answer, over all',
  },
  generator_late_looks: {
    kind: 'rate',
    unit: 'ratio',
    meaning: 'looks of a bot host’s loop that came more than 50 ms late, over all',
  },
  generator_neighbour_cores: {
    kind: 'trend',
    unit: 'cores',
    meaning: 'CPU that processes of no run of ours used of the generator’s cores',
  },
  generator_starved_ratio: {
    kind: 'trend',
    unit: 'ratio',
    meaning: 'wait of a synthetic host’s own thread for its core, over wall',
  },
  generator_cpu_limited: { kind: 'trend', unit: 'count', meaning: 'Chrome encoders held back by the CPU' },
  host_steal_ratio: { kind: 'trend', unit: 'ratio', meaning: 'CPU time stolen from this machine' },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

/** A histogram on the wire: HdrHistogram V2, deflated, base64, of values multiplied by `scale`. */
export interface EncodedHistogram {
  readonly scale: number;
  readonly hdr: string;
}

/** Null is missing. A rate is `[numerator, denominator]`. */
export type MetricValue = number | null | readonly [number, number] | EncodedHistogram;
export type MetricValues = Partial<Record<MetricName, MetricValue>>;
