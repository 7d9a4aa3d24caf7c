/** How far a file on its way is, or why it was refused and what can be done. */
import type { Upload } from "./useUpload";

export function UploadNote({ upload }: { readonly upload: Upload }) {
  const { current, message, replace, dismiss } = upload;
  if (current !== null) {
    return (
      <div className="wf-upload" role="status">
        <span className="wf-ellipsis">Sending {current.name}</span>
        <progress value={current.part} max={1} aria-label={`Sending ${current.name}`} />
      </div>
    );
  }
  if (message === "") return null;
  return (
    <div className="wf-upload" role="alert">
      <p className="wf-field-problem" data-severity="error">{message}</p>
      {replace !== null && <button type="button" className="wf-add" onClick={replace}>Replace it</button>}
      <button type="button" className="wf-add" onClick={dismiss}>Leave it</button>
    </div>
  );
}
