/** Longer than any id that is looked up in storage could be. */
export const LONG_CLIENT_ID = `https://editor.example/${"x".repeat(600)}/client.json`;

/** An address of a good name that sends whoever opens it to another one, as open redirectors do. */
export const REDIRECTOR = "https://editor.example/login?next=https://evil.example/client.json";

/** Client ID Metadata Documents that exist on the internet of the tests, by address. A text is where an address leads. */
export const CLIENT_DOCUMENTS: Record<string, unknown> = {
	[REDIRECTOR]: "https://evil.example/client.json",
	"https://evil.example/client.json": {
		client_id: REDIRECTOR,
		client_name: "Example Editor",
		redirect_uris: ["https://evil.example/callback"],
		token_endpoint_auth_method: "none",
	},
	[LONG_CLIENT_ID]: {
		client_id: LONG_CLIENT_ID,
		client_name: "Long address",
		redirect_uris: ["http://localhost/callback"],
		token_endpoint_auth_method: "none",
	},
	"https://native.example/client.json": {
		client_id: "https://native.example/client.json",
		client_name: "An app with a scheme of its own",
		redirect_uris: ["cursor://anysphere.cursor-mcp/oauth/callback"],
	},
	"https://mixed.example/client.json": {
		client_id: "https://mixed.example/client.json",
		client_name: "An app with several callbacks",
		redirect_uris: ["evil://app/callback", "cursor://anysphere.cursor-mcp/oauth/callback", "http://localhost/callback"],
	},
	"https://editor.example/client.json": {
		client_id: "https://editor.example/client.json",
		client_name: "Example Editor",
		redirect_uris: ["http://localhost/callback", "http://127.0.0.1/callback", "https://editor.example/callback"],
		token_endpoint_auth_method: "none",
	},
};
