/** Keeps the keys with the editor: when what had the focus goes away, the root takes it. */

export function keepFocus(root: HTMLElement): () => void {
  const onFocusOut = (event: FocusEvent) => {
    const left = event.target;
    if (event.relatedTarget !== null || !(left instanceof HTMLElement)) return;
    const take = () => {
      const { activeElement } = root.getRootNode() as Document | ShadowRoot;
      const isNowhere = activeElement === null || activeElement === document.body;
      // An element that is still there lost the focus to the page around; that is the person's wish.
      if (isNowhere && !left.isConnected && root.isConnected) root.focus({ preventScroll: true });
    };
    // At once, so that no key goes astray; later too, for what goes away after it lost the focus.
    queueMicrotask(take);
    requestAnimationFrame(take);
  };
  root.addEventListener("focusout", onFocusOut);
  return () => { root.removeEventListener("focusout", onFocusOut); };
}
