/** A web app that calls tools from the browser, with use-mcp's React hook. Its address says which server, and how to reach it. */
import { createElement, render, useEffect, useState } from "react";
import { onMcpAuthorization } from "use-mcp";
import { useMcp } from "use-mcp/react";

const { pathname, searchParams } = new URL(location.href);

function Chat() {
	const mcp = useMcp({
		url: searchParams.get("server"),
		transportType: searchParams.get("transport"),
		clientName: "Chat page",
	});
	const [usable, setUsable] = useState("");
	// The hook notices its own state in an effect; before that its calls fail, although the state says "ready".
	useEffect(() => {
		// For the console, and for tests.
		window.mcp = mcp;
		setUsable(mcp.state);
	}, [mcp]);
	return createElement("output", {}, usable);
}

const app = document.getElementById("app");
// The hook opens the sign-in window, which a browser allows after a click only.
const connect = () => render(createElement(Chat, {}), app);

if (pathname === "/oauth/callback") await onMcpAuthorization();
else render(createElement("button", { type: "button", onClick: connect }, "Connect"), app);
