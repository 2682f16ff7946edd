/** Whom the Auth0 simulator knows, and where it is. */
export const SIMULATED_AUTH0 = "simulated.eu.auth0.com";
export const SIMULATED_PERSON = {
	id: "auth0|simulated",
	name: "Simulated Person",
	email: "simulated@example.com",
	password: "a password",
	picture: "https://example.com/picture.png",
};
