/** A lucide icon, drawn in the colour of the text around it. Says nothing to screen readers: what it stands on does. */
import { createElement } from "react";
import type { IconNode } from "lucide";

interface IconProps {
  readonly icon: IconNode;
  readonly size?: number;
  readonly className?: string;
}

export function Icon({ icon, size = 16, className = "" }: IconProps) {
  return (
    <svg
      className={`wf-icon ${className}`} width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor"
      strokeWidth={2} strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false"
    >
      {icon.map(([tag, attributes], index) => createElement(tag, { ...attributes, key: index }))}
    </svg>
  );
}
