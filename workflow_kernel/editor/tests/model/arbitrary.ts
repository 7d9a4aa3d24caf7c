/** Random workflows and changes that fit them, for property tests. */
import fc from "fast-check";
import type { Change } from "../../src/model/change";
import { EMPTY, makeEdge, makeNode, RETRY, SETTINGS } from "../../src/model/defaults";
import type { Json, JsonObject, Node, Workflow } from "../../src/model/types";

const key = fc.stringMatching(/^[a-z]{1,3}$/);
const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constant("two\nlines"), fc.constant("={{ $('A').item.json.x }}"));
export const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", maxDepth: 3 },
    fc.constant(null), fc.boolean(), fc.integer(), text,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;
export const object: fc.Arbitrary<JsonObject> = fc.dictionary(key, json, { maxKeys: 4, noNullPrototype: true });

const ids = ["a", "b", "c", "d", "e", "f"] as const;
const id = fc.constantFrom(...ids);
const position = fc.tuple(fc.integer({ min: -500, max: 500 }), fc.integer({ min: -500, max: 500 }));

const nodeOf = (nodeId: string): fc.Arbitrary<Node> =>
  fc.record({ name: text, parameters: object, position, disabled: fc.boolean(), notes: text }).map((fields) =>
    makeNode({ id: nodeId, type: "data.set", ...fields }),
  );
const edge = fc.tuple(id, id, fc.constantFrom("main", "error")).map(([from, to, port]) =>
  makeEdge({ node: from, port }, { node: to, port: "main" }),
);

/** A change; many do not fit a given workflow and are refused. */
export const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(id, fc.option(fc.nat(3), { nil: undefined })).chain(([nodeId, index]) =>
    nodeOf(nodeId).map((node): Change => ({ type: "AddNode", node, ...(index === undefined ? {} : { index }) })),
  ),
  id.map((node): Change => ({ type: "RemoveNode", node })),
  edge.map((one): Change => ({ type: "Connect", edge: one })),
  edge.map((one): Change => ({ type: "Disconnect", edge: one })),
  fc.tuple(id, position).map(([node, to]): Change => ({ type: "MoveNode", node, position: to })),
  fc.tuple(id, text).map(([node, name]): Change => ({ type: "RenameNode", node, name })),
  fc.tuple(id, fc.array(key, { maxLength: 2 }), json).map(([node, path, value]): Change =>
    path.length === 0
      ? { type: "SetParameter", node, path: ["a"], value }
      : { type: "SetParameter", node, path, value },
  ),
  fc.tuple(id, key).map(([node, name]): Change => ({ type: "SetParameter", node, path: [name] })),
  fc.tuple(id, fc.boolean()).map(([node, value]): Change => ({ type: "SetNodeField", node, field: "disabled", value })),
  fc.tuple(id, fc.nat(5)).map(([node, tries]): Change => ({
    type: "SetNodeField", node, field: "retry", value: { ...RETRY, tries },
  })),
  text.map((value): Change => ({ type: "SetDetail", field: "name", value })),
  fc.array(text, { maxLength: 2 }).map((value): Change => ({ type: "SetDetail", field: "tags", value })),
  fc.nat(100).map((loop_limit): Change => ({ type: "SetSettings", settings: { ...SETTINGS, loop_limit } })),
  fc.tuple(id, text).map(([note, words]): Change => ({
    type: "PutNote", note: { id: note, text: words, position: [0, 0], size: [240, 160], color: "" },
  })),
  id.map((note): Change => ({ type: "RemoveNote", note })),
  fc.tuple(id, fc.uniqueArray(id, { maxLength: 3 })).map(([group, nodes]): Change => ({
    type: "PutGroup", group: { id: group, title: "G", nodes, color: "" },
  })),
  id.map((group): Change => ({ type: "RemoveGroup", group })),
);

export const workflow: fc.Arbitrary<Workflow> = fc
  .tuple(fc.subarray([...ids]).chain((chosen) => fc.tuple(...chosen.map(nodeOf))), fc.uniqueArray(edge, { selector: (one) => one.id }))
  .map(([nodes, edges]) => {
    const known = new Set(nodes.map((node) => node.id));
    return {
      ...EMPTY,
      nodes: Object.fromEntries(nodes.map((node) => [node.id, node])),
      edges: edges.filter((one) => known.has(one.source.node) && known.has(one.target.node)),
    };
  });
