/** The build of the editor package, put beside the bundle by scripts/bundle.mjs. */
export * from "../../../workflow_kernel/editor/src/hosts/index";
