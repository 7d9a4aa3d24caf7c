/** What expressions may name besides data; see `workflow_kernel/expressions/completion_words.py`. */
import type { ReferenceEntry, ReferenceGroup } from "../forms";

function variable(code: string, type: string, example: string): ReferenceEntry {
  return { reference: { code, name: code }, type, example, fields: [] };
}

export const VARIABLES: ReferenceGroup = {
  title: "Variables",
  entries: [
    variable("$now", "date", "now, in the workflow's time zone"),
    variable("$today", "date", "today at midnight"),
    variable("$itemIndex", "number", "position of the item"),
    variable("$runIndex", "number", "turn of a loop"),
    variable("$input.first().json", "object", "the first item"),
    variable("$input.all()", "list", "all items"),
    variable("$execution.id", "text", "id of this execution"),
    variable("$execution.mode", "text", "manual or production"),
    variable("$workflow.name", "text", "name of this workflow"),
    variable("$vars", "object", "variables of the project"),
  ],
};
