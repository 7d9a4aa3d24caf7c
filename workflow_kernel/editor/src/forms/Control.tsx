/** Chooses the control for the shape of a value. */
import type { Json, JsonSchema, Path, UiHints } from "../model/types";
import type { Edit } from "./context";
import type { Shape } from "./schema";
import { AnyControl } from "./controls/AnyControl";
import { AssignmentsControl } from "./controls/AssignmentsControl";
import { BooleanControl } from "./controls/BooleanControl";
import { ChoiceControl } from "./controls/ChoiceControl";
import { ChoicesControl } from "./controls/ChoicesControl";
import { CodeControl } from "./controls/CodeControl";
import { ColorControl } from "./controls/ColorControl";
import { ConditionsControl } from "./controls/ConditionsControl";
import { DateControl } from "./controls/DateControl";
import { FileControl } from "./controls/FileControl";
import { JsonControl } from "./controls/JsonControl";
import { KeyValueControl } from "./controls/KeyValueControl";
import { ListControl } from "./controls/ListControl";
import { ModelControl } from "./controls/ModelControl";
import { ModelListControl } from "./controls/ModelListControl";
import { NumberControl } from "./controls/NumberControl";
import { PasswordControl } from "./controls/PasswordControl";
import { ResourceControl } from "./controls/ResourceControl";
import { TextControl } from "./controls/TextControl";
import { UnionControl } from "./controls/UnionControl";

export interface ControlProps<S extends Shape = Shape> {
  readonly shape: S;
  readonly schema: JsonSchema;
  readonly hints: UiHints;
  readonly title: string;
  /** Its default when nothing is set. */
  readonly value: Json | undefined;
  readonly edit: Edit;
  readonly path: Path;
  readonly id: string;
  /** Undefined in rows of lists, where `title` is told instead. */
  readonly labelledBy: string | undefined;
  readonly describedBy: string;
  readonly isInvalid: boolean;
  readonly isDisabled: boolean;
  /** Nothing inside is an expression. */
  readonly isRaw: boolean;
  /** Begins an expression: somebody has typed `=`. Undefined where none may stand. */
  readonly onExpression: ((text: string) => void) | undefined;
}

export type ShapeOf<Kind extends Shape["kind"]> = Extract<Shape, { readonly kind: Kind }>;

export function Control(props: ControlProps) {
  const { shape } = props;
  switch (shape.kind) {
    case "text": return <TextControl {...props} />;
    case "multiline": return <TextControl {...props} isMultiline />;
    case "password": return <PasswordControl {...props} />;
    case "date": return <DateControl {...props} />;
    case "color": return <ColorControl {...props} />;
    case "file": return <FileControl {...props} />;
    case "json": return <JsonControl {...props} />;
    case "any": return <AnyControl {...props} />;
    case "boolean": return <BooleanControl {...props} />;
    case "code": return <CodeControl {...props} shape={shape} />;
    case "number": return <NumberControl {...props} shape={shape} />;
    case "choice": return <ChoiceControl {...props} shape={shape} />;
    case "choices": return <ChoicesControl {...props} shape={shape} />;
    case "list": return <ListControl {...props} shape={shape} />;
    case "models": return <ModelListControl {...props} shape={shape} />;
    case "model": return <ModelControl {...props} shape={shape} />;
    case "key-value": return <KeyValueControl {...props} shape={shape} />;
    case "conditions": return <ConditionsControl {...props} />;
    case "assignments": return <AssignmentsControl {...props} />;
    case "resource": return <ResourceControl {...props} shape={shape} />;
    case "union": return <UnionControl {...props} shape={shape} />;
  }
}
