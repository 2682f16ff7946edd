/** Client ID Metadata Documents that exist on the internet of the tests, by address. */
export const CLIENT_DOCUMENTS: Record<string, unknown> = {
	"https://editor.example/client.json": {
		client_id: "https://editor.example/client.json",
		client_name: "Example Editor",
		redirect_uris: ["http://localhost/callback", "http://127.0.0.1/callback", "https://editor.example/callback"],
		token_endpoint_auth_method: "none",
	},
};
