/** Fields under a heading that folds. Opens by itself when something in it is set or wrong. */
import { useId, useState } from "react";
import type { ReactNode } from "react";
import { ChevronRight } from "lucide";
import type { JsonObject, Path } from "../model/types";
import { isTroubled } from "./checks";
import { useForm } from "./context";
import { Icon } from "./parts/Icon";
import type { Field } from "./schema";

interface SectionProps {
  readonly title: string;
  readonly path: Path;
  readonly fields: readonly Field[];
  readonly values: Readonly<JsonObject>;
  readonly isOpenFirst: boolean;
  readonly children: ReactNode;
}

export function Section({ title, path, fields, values, isOpenFirst, children }: SectionProps) {
  const form = useForm();
  const id = useId();
  const set = fields.filter((field) => Object.hasOwn(values, field.name)).length;
  const isWrong = fields.some((field) => isTroubled(form.problems, [...path, field.name].join(".")));
  const [choice, setChoice] = useState<boolean | null>(null);
  const [wasSet] = useState(set > 0);
  const isOpen = choice ?? (isOpenFirst || wasSet || isWrong);
  return (
    <section className="wf-section" data-open={isOpen || undefined}>
      <h3>
        <button type="button" className="wf-section-toggle" aria-expanded={isOpen} aria-controls={id} onClick={() => { setChoice(!isOpen); }}>
          <Icon icon={ChevronRight} size={15} />
          <span>{title}</span>
          <span className="wf-section-count">{set > 0 ? `${set} set` : `${fields.length}`}</span>
        </button>
      </h3>
      {isOpen && <div id={id} className="wf-section-body">{children}</div>}
    </section>
  );
}
