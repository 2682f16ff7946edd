/** The record of a grant: the part that this server reads. */
import { z } from "zod";

const appSchema = z.object({
	name: z.string(),
	/** The domain of its metadata document, which it controls. */
	domain: z.string().optional(),
	/** Where its codes are sent. */
	redirectHost: z.string(),
});

/** The app of a grant. Unless it has a domain, nobody has verified its name. */
export type GrantedApp = z.infer<typeof appSchema>;

/** The members that this server reads of a grant's record. The OAuth wrapper writes the record. */
export const grantSchema = z.object({
	id: z.string(),
	userId: z.string(),
	clientId: z.string(),
	scope: z.array(z.string()),
	/** Seconds since the epoch, as all times here. */
	createdAt: z.number(),
	expiresAt: z.number().optional(),
	resource: z.string().optional(),
	redirectUri: z.string().optional(),
	refreshTokenId: z.string().optional(),
	previousRefreshTokenId: z.string().optional(),
	metadata: appSchema,
});

export type GrantRecord = z.infer<typeof grantSchema>;

/** In seconds. */
export type GrantLifetimes = {
	readonly accessTokenSeconds: number;
	/** How long a grant lives after its last refresh. */
	readonly idleSeconds: number;
	/** How long a grant lives at most. */
	readonly maxAgeSeconds: number;
};
