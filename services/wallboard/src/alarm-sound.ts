/** Two tones, the second one lower: frequency in Hz, start in seconds. */
const TONES = [
  { hertz: 880, atS: 0 },
  { hertz: 587, atS: 0.28 },
] as const;
const TONE_S = 0.24;
const LOUDNESS = 0.25;

export interface AlarmSound {
  /** Browsers let a page be heard only after somebody touched it, unless they were started otherwise. */
  allowed(): boolean;
  play(): void;
}

/** The sound of an alarm. Made when first asked for, so that a silent wall holds no audio device. */
export function createAlarmSound(host: EventTarget): AlarmSound {
  let audio: AudioContext | undefined;
  const context = (): AudioContext => (audio ??= new AudioContext());
  for (const gesture of ['pointerdown', 'keydown']) {
    host.addEventListener(gesture, () => void audio?.resume());
  }
  return {
    allowed: () => context().state === 'running',
    play() {
      const at = context();
      // What could not be heard when it was due would be wrong later.
      if (at.state !== 'running') return;
      for (const { hertz, atS } of TONES) {
        const tone = at.createOscillator();
        const gain = at.createGain();
        const start = at.currentTime + atS;
        tone.frequency.value = hertz;
        gain.gain.setValueAtTime(LOUDNESS, start);
        gain.gain.exponentialRampToValueAtTime(0.001, start + TONE_S);
        tone.connect(gain).connect(at.destination);
        tone.start(start);
        tone.stop(start + TONE_S);
      }
    },
  };
}
