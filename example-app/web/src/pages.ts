import { useCallback, useEffect, useState } from "react";

/** The pages one sees when logged in. */
export type Tab = "board" | "chat";

/** Which page the address names, and going to another. */
export function useTab(): [Tab, (tab: Tab) => void] {
  const [tab, setTab] = useState(tabOf);
  useEffect(() => {
    const look = () => setTab(tabOf());
    addEventListener("popstate", look);
    return () => removeEventListener("popstate", look);
  }, []);
  const go = useCallback((to: Tab) => {
    if (to !== tabOf()) history.pushState(null, "", to === "board" ? "/" : "/chat");
    setTab(to);
  }, []);
  return [tab, go];
}

function tabOf(): Tab {
  return location.pathname.replace(/\/$/, "") === "/chat" ? "chat" : "board";
}
