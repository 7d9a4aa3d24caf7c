/** What the fields of a form share: who they belong to, what is wrong, how expressions are asked about. */
import { createContext, useContext } from "react";
import type { Completion, FilesClient, OptionsPage, Preview } from "../client/client";
import type { Json, Language, Path } from "../model/types";
import type { ProblemsByPath } from "./checks";
import type { Reference } from "./expression";

export type { Reference };
import type { Definitions } from "./schema";

/** Sets a value, or a part of it by the path from it; undefined takes it away. */
export type Edit = (value: Json | undefined, path?: Path) => void;

/** A field of sample data, with what is inside it. */
export interface ReferenceEntry {
  readonly reference: Reference;
  readonly type: string;
  readonly example: string;
  readonly fields: readonly ReferenceEntry[];
}

export interface ReferenceGroup {
  readonly title: string;
  readonly entries: readonly ReferenceEntry[];
}

export interface FormExpressions {
  readonly complete: (path: Path, text: string, cursor: number) => Promise<readonly Completion[]>;
  readonly preview: (path: Path, text: string) => Promise<Preview>;
  /** Another one whenever previews may have changed: another item, another run. */
  readonly moment: string;
  /** The nodes before have not run, so there is nothing to try expressions on. */
  readonly isWithoutData: boolean;
  /** Which item previews are of, for the label of a result. */
  readonly item: number;
}

/** What a field was before it became an expression, and the other way round. */
export interface Remembered {
  readonly fixed: Json | undefined;
  readonly expression: string;
}

export interface Form {
  /** Makes ids unique where several forms are shown. */
  readonly id: string;
  readonly definitions: Definitions;
  readonly language: Language;
  readonly isReadOnly: boolean;
  readonly problems: ProblemsByPath;
  readonly expressions: FormExpressions | null;
  readonly references: () => readonly ReferenceGroup[];
  readonly files?: FilesClient;
  readonly loadOptions?: (load: string, search?: string, cursor?: string) => Promise<OptionsPage>;
  readonly memory: Map<string, Remembered>;
  /** Tells where references go that are chosen elsewhere: the field that had the focus last. */
  readonly onFocus: (insert: (reference: Reference) => void) => void;
}

export const FormContext = createContext<Form | null>(null);

export function useForm(): Form {
  const form = useContext(FormContext);
  if (form === null) throw new Error("No form above this field.");
  return form;
}

/** The id of a field's control. */
export function idOf(form: Form, path: Path): string {
  return `${form.id}-${path.join("-")}`;
}
