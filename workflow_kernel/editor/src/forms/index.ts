/** What the panel (and a dialog with a form of its own) takes of the forms. */
import "./forms.css";

export { Form } from "./Form";
export type { Edit, Form as FormValue, FormExpressions, Reference, ReferenceEntry, ReferenceGroup, Remembered } from "./context";
