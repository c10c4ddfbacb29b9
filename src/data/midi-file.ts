import { DataError, problem } from "../errors.ts";
import type { Chord } from "./piano-roll.ts";

/**
 * A MIDI file (format 0, a piano) of chords one after the other, each `seconds` long and struck again. Source: The Complete
 * MIDI 1.0 Detailed Specification, chapter Standard MIDI Files. Throws DataError for a duration or a note that MIDI does not know.
 *
 *   await writeFile("cadence.mid", midiFile([[60, 64, 67], [59, 62, 67], [60, 64, 67]], { seconds: 0.5 }));
 */
export function midiFile(chords: readonly Chord[], options: { seconds?: number } = {}): Uint8Array {
  const { seconds = 0.5 } = options;
  const tempo = Math.round(seconds * 1e6); // microseconds a chord, three bytes
  if (!(tempo >= 1 && tempo < 2 ** 24)) {
    const next = "Seconds of one chord, 0.5 by default; a longer one is a chord written several times.";
    throw new DataError(problem("midiFile", "seconds above 0 and below 16.7", String(seconds), next));
  }
  const wrong = chords.flat().find((note) => !(Number.isInteger(note) && note >= 0 && note < 128));
  if (wrong !== undefined) {
    const next = "A note is a whole number: 60 is middle C, 12 more an octave higher.";
    throw new DataError(problem("midiFile", "notes from 0 to 127", String(wrong), next));
  }
  const track = [0, 0xff, 0x51, 3, ...bigEndian(tempo, 3)];
  for (const chord of chords) {
    for (const note of chord) track.push(0, noteOn, note, loudness);
    track.push(ticks, 0xff, 0x01, 0); // a text without letters: a rest must take its time too
    for (const note of chord) track.push(0, noteOff, note, 0);
  }
  track.push(0, 0xff, 0x2f, 0);
  const head = [...letters("MThd"), ...bigEndian(6, 4), 0, 0, 0, 1, 0, ticks];
  return Uint8Array.from([...head, ...letters("MTrk"), ...bigEndian(track.length, 4), ...track]);
}

const [noteOn, noteOff, loudness] = [0x90, 0x80, 80];
const ticks = 96; // a chord; below 128, where a time takes a second byte

const letters = (text: string) => Array.from(text, (c) => c.charCodeAt(0));
const bigEndian = (n: number, bytes: number) =>
  Array.from({ length: bytes }, (_, i) => Math.floor(n / 256 ** (bytes - 1 - i)) % 256);
