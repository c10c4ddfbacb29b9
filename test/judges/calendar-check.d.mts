/** A column of dates that calendars.py drew. */
export interface Case {
  readonly freq: string;
  readonly form: string;
  readonly texts: readonly string[];
}
export function calendarProblem(one: Case, data: object): string | null;
