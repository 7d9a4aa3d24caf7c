/** The node types of the fixture. */
import type { JsonObject, NodeTypeInfo } from "../../src/model/types";
import data from "../../src/forms/fixtures/node-types.json";

export interface Known {
  readonly info: NodeTypeInfo;
  readonly filled: JsonObject;
}

export const known = data.types as unknown as readonly Known[];

export function typeNamed(name: string): Known {
  const found = known.find((each) => each.info.type === name);
  if (found === undefined) throw new Error(`There is no node type ${name}.`);
  return found;
}
