import { lessonIds, lessonTitles } from "../lessons/lesson-ids.ts";
import { askFor } from "../lessons/lesson-place.ts";
import { labCards } from "../page-labs.ts";
import { show } from "../state.ts";
import { trainingWanted, usualSettings } from "../training-settings.ts";

/** The lessons and the labs, under the cards of the Start page. */
export function Lists() {
  return (
    <>
      <section aria-labelledby="lessons-title">
        <h2 id="lessons-title">Lessons: say what you expect, then look</h2>
        <ul class="list">
          {lessonIds.map((id) => (
            <li key={id}>
              <button
                type="button"
                onClick={() => {
                  askFor({ lesson: { id }, answer: null, shown: false });
                  show("lessons");
                }}
              >
                {lessonTitles[id]}
              </button>
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="labs-title">
        <h2 id="labs-title">Labs: train it on this page</h2>
        <ul class="labs">
          {labCards.map(({ id, title, text, needs }) => (
            <li key={id}>
              <button
                type="button"
                onClick={() => {
                  trainingWanted.value = usualSettings(id);
                  show("train");
                }}
              >
                {title}
              </button>
              <span>
                {text}
                {needs && needs.kind !== "text" && " (needs the data file)"}
              </span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
