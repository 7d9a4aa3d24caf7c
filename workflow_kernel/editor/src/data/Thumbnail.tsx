/** A small picture of an attachment that is an image. */
import { ImageOff } from "lucide";
import type { RunsClient } from "../client/client";
import { Icon } from "../forms/parts/Icon";
import type { Attachment } from "../model/types";
import { useAttachmentUrl } from "./useAttachmentUrl";

interface ThumbnailProps {
  readonly runs: RunsClient;
  readonly execution: string;
  readonly attachment: Attachment;
}

export function Thumbnail({ runs, execution, attachment }: ThumbnailProps) {
  const state = useAttachmentUrl(runs, execution, attachment);
  if (state.is === "missing") return <Icon icon={ImageOff} size={22} />;
  return state.is === "known" ? <img src={state.url} alt="" loading="lazy" /> : null;
}
