/** Defines this server. Change anything here to make it your own: the engine needs no changes. */
import { name, version } from "../package.json";
import { account } from "./account/extra.ts";
import { defineServer } from "./mcp/define/server.ts";
import * as notes from "./notes/catalogue.ts";
import { Notes } from "./notes/notes.ts";
import { playground } from "./playground/extra.ts";
import { identityProviders } from "./sign-in/identity-providers.ts";
import { stdio } from "./stdio/extra.ts";
import { theme } from "./theme.ts";
import { add } from "./tools/add.ts";
import { drawImages } from "./tools/draw-images.ts";
import { generateImage } from "./tools/generate-image.ts";
import { whoami } from "./tools/whoami.ts";

export const server = defineServer({
	info: {
		name,
		title: "Remote MCP server",
		summary: "Tools for your AI assistant, behind your own sign-in: add, draw, remember.",
		version,
		instructions: "Tools act for the user who signed in. Call whoami to see who that is and what they may do.",
	},
	theme,
	signIn: identityProviders(),
	permissions: {
		image_generation: { title: "May generate images", users: "IMAGE_GENERATION_USERS" },
	},
	scopes: {
		tools: { sentence: "Use this server’s everyday tools, such as adding numbers" },
		identity: {
			sentence: "See who you are: your name, email address, permissions, and your profile where you sign in",
		},
		notes: { sentence: "Keep notes for you, read them and delete them" },
		images: { sentence: "Generate images in your name", permission: "image_generation" },
	},
	state: { notes: Notes },
	services: ({ env, state }) => ({ ai: env.AI, notes: state.notes }),
	catalogue: {
		tools: [add, generateImage, whoami, ...notes.tools],
		resources: notes.resources,
		prompts: notes.prompts,
		skills: [drawImages, ...notes.skills],
	},
	extras: [stdio(), account(), playground()],
});
