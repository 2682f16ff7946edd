/**
 * Serves the skills of the catalogue (extension `io.modelcontextprotocol/skills`). The `SKILL.md` of each is a resource of the
 * catalogue too.
 */
import { type McpServer, ProtocolError, ProtocolErrorCode, type Resource } from "@modelcontextprotocol/server";
import {
	DIRECTORY_MIME_TYPE,
	type Skill as Entry,
	SkillsExtension,
	skillEntry,
} from "@modelcontextprotocol/server/ext/skills";
import { currentPrincipal } from "../../auth/principal.ts";
import { filesOf, folderOf, type Skill } from "../define/skill.ts";
import { permitted, refusal } from "../gate.ts";

const entries = new WeakMap<Skill, Entry>();

export function registerSkills(server: McpServer, skills: readonly Skill[]): void {
	if (skills.length === 0) return;
	/** @throws ProtocolError if there is such a skill, and the user may not use it */
	const skillAt = (isMeant: (folder: string) => boolean) => {
		const skill = skills.find((one) => isMeant(folderOf(one)));
		const refused = skill && refusal(skill, currentPrincipal());
		if (refused !== undefined) throw new ProtocolError(ProtocolErrorCode.InvalidRequest, refused);
		return skill;
	};
	const hasFiles = skills.some(({ files }) => files);
	const extension = new SkillsExtension({
		source: {
			list: async () => ({ skills: await Promise.all(permitted(skills, currentPrincipal()).map(entryOf)) }),
			async get(uri) {
				const skill = skillAt((folder) => uri === `${folder}/SKILL.md`);
				return skill && entryOf(skill);
			},
			async read(uri) {
				const skill = skillAt((folder) => uri.startsWith(`${folder}/`));
				if (!skill) return undefined;
				const files = filesOf(skill);
				const path = uri.slice(folderOf(skill).length + 1);
				const text = Object.hasOwn(files, path) ? files[path] : undefined;
				return text === undefined ? undefined : { text, mimeType: mimeTypeOf(path) };
			},
			...(hasFiles && {
				async readDirectory(uri: string) {
					const resources = permitted(skills, currentPrincipal()).flatMap((skill) => childrenOf(skill, uri));
					return resources.length === 0 ? undefined : { resources };
				},
			}),
		},
		strict: true,
	});
	extension.attach(server);
}

/** A skill as the lists show it, with the digests of its files. Made once. */
async function entryOf(skill: Skill): Promise<Entry> {
	const known = entries.get(skill);
	if (known) return known;
	const entry = await skillEntry(skill.name, filesOf(skill));
	entries.set(skill, entry);
	return entry;
}

/** The files and folders that are directly in a folder of a skill. */
function childrenOf(skill: Skill, folder: string): Resource[] {
	const children = new Map<string, Resource>();
	for (const path of Object.keys(filesOf(skill))) {
		const uri = `${folderOf(skill)}/${path}`;
		if (!uri.startsWith(`${folder}/`)) continue;
		const [name = "", ...below] = uri.slice(folder.length + 1).split("/");
		const mimeType = below.length > 0 ? DIRECTORY_MIME_TYPE : mimeTypeOf(path);
		children.set(name, { uri: `${folder}/${name}`, name, mimeType });
	}
	return [...children.values()];
}

function mimeTypeOf(path: string): string {
	return path.endsWith(".md") ? "text/markdown" : "text/plain";
}
