/** What the bots read about themselves, in the words of the metric table. */
import type { QualityCounts } from '../../bots/quality/counts.ts';
import type { GroupReading } from '../../bots/readings.ts';
import type { HostReading } from '../fleet.ts';
import type { MetricValues } from '../metrics.ts';

/** How well a bot host kept its own time. A poll of the sockets that is late is a lag of the host's loop. */
export function hostValues(
  { loopLagMs, lateLooks, synthetic }: Pick<HostReading, 'loopLagMs' | 'lateLooks' | 'synthetic'>,
  starvedRatio: number | null,
): MetricValues {
  if (synthetic === null) return { generator_loop_lag_ms: loopLagMs, generator_late_looks: lateLooks };
  const lags = [loopLagMs, synthetic.pollLagMs].filter((lag) => lag !== null);
  return {
    generator_loop_lag_ms: lags.length === 0 ? null : Math.max(...lags),
    generator_late_looks: [synthetic.lateLooksTotal, synthetic.looksTotal],
    generator_starved_ratio: starvedRatio,
    generator_send_lag_ms: synthetic.sendLagMs,
    generator_late_sends: [synthetic.lateSendsTotal, synthetic.sendsTotal],
    generator_socket_drops_total: synthetic.socketDropsTotal,
    generator_unsent: [synthetic.unsentTotal, synthetic.datagramsTotal],
  };
}

/** A window that could not be read is one of all, and none that was judged. */
function qualityValues({
  windowsTotal,
  violatingTotal,
  missedTotal,
  causeTotals,
}: QualityCounts): MetricValues {
  return {
    violation_ratio: [violatingTotal, windowsTotal],
    violations_silence_total: causeTotals.silence,
    violations_loss_total: causeTotals.loss,
    violations_latency_total: causeTotals.latency,
    violations_freeze_total: causeTotals.freeze,
    violations_fps_total: causeTotals.fps,
    violations_bitrate_total: causeTotals.bitrate,
    generator_missed_windows: [missedTotal, windowsTotal + missedTotal],
  };
}

/** What only a packet engine of our own sees. */
function exactValues({ counters, trends }: GroupReading): MetricValues {
  return {
    rtp_one_way_ms: trends.oneWayMs ?? null,
    rtp_duplicate_packets_total: counters.duplicatePacketsTotal,
    rtp_reordered_packets_total: counters.reorderedPacketsTotal,
    rtp_late_packets_total: counters.latePacketsTotal,
    rtp_recovered_packets_total: counters.recoveredPacketsTotal,
    rtp_padding_packets_total: counters.paddingPacketsTotal,
    rtp_refused_packets_total: counters.refusedPacketsTotal,
    rtp_foreign_marks_total: counters.foreignMarksTotal,
  };
}

/** Hosts report the same groups: one entity per host, group and kind, since counters of hosts must not be mixed. */
export function botValues(host: number, reading: GroupReading): readonly [string, MetricValues] {
  const { counters, trends, kind } = reading;
  const video = kind === 'video';
  const values: MetricValues = {
    peers: reading.peers,
    producers: reading.sending,
    consumers: reading.receiving,
    generator_unread_bots: reading.unread,
    rtp_packets_sent_total: counters.sentPacketsTotal,
    rtp_packets_received_total: counters.receivedPacketsTotal,
    rtp_packets_lost_total: counters.lostPacketsTotal,
    rtp_loss_ratio: [counters.lostPacketsTotal, counters.lostPacketsTotal + counters.receivedPacketsTotal],
    rtp_jitter_ms: trends.jitterMs ?? null,
    rtt_ms: trends.rttMs ?? null,
    ...(reading.bot === 'synthetic' ? exactValues(reading) : {}),
    jitter_buffer_ms: trends.jitterBufferMs ?? null,
    ...qualityValues(reading.quality),
    nacks_total: counters.nacksSentTotal,
    plis_total: counters.plisSentTotal,
    ...(video
      ? {
          video_fps: trends.fps ?? null,
          video_freezes_total: counters.freezesTotal,
          video_freeze_ms_total: counters.freezeMsTotal,
          video_frames_decoded_total: counters.framesDecodedTotal,
          video_frames_dropped_total: counters.framesDroppedTotal,
          available_bitrate_bps: trends.availableBitrateBps ?? null,
          generator_cpu_limited: reading.cpuLimited,
        }
      : {
          audio_samples_total: counters.audioSamplesTotal,
          audio_concealed_samples_total: counters.concealedSamplesTotal,
        }),
  };
  return [`bots:${reading.group}:${reading.bot}:${kind}:${host}`, values];
}
