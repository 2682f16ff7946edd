/** What the operator route takes and answers, for the route and for `npm run grants`. */
import { z } from "zod";

export const OPERATOR_GRANTS = "/operator/grants";

/** An id or a cursor. */
const word = z.string().min(1).max(1024);

export const listQuerySchema = z
	.strictObject({ user: word.optional(), client: word.optional(), cursor: word.optional() })
	.refine(({ user, cursor }) => user === undefined || cursor === undefined);

export type ListQuery = z.infer<typeof listQuerySchema>;

const listedGrantSchema = z.object({
	user: z.string(),
	grant: z.string(),
	client: z.string(),
	/** The client's name, which the client chose. */
	name: z.string().optional(),
	scopes: z.array(z.string()),
	/** Seconds since the epoch, as `expiresAt`. */
	createdAt: z.number(),
	/** When the grant ends at the latest if it is not refreshed. */
	expiresAt: z.number().optional(),
});

export type ListedGrant = z.infer<typeof listedGrantSchema>;

/** A page of grants. If there is a cursor, more may follow, even if this page is empty. */
export const grantListSchema = z.object({ grants: z.array(listedGrantSchema), cursor: z.string().optional() });

export type GrantList = z.infer<typeof grantListSchema>;

export const revocationSchema = z.union([
	z.strictObject({ user: word, grant: word.optional() }),
	z.strictObject({ client: word, cursor: word.optional() }),
	z.strictObject({ everybody: z.literal(true), cursor: word.optional() }),
]);

export type RevocationRequest = z.infer<typeof revocationSchema>;

/** What a request has revoked. If there is a cursor, the same request with it continues. */
export const revokedSchema = z.object({
	revoked: z.int(),
	/** The users whose object did not answer, so that they keep grants. */
	unreachable: z.array(z.string()),
	cursor: z.string().optional(),
});

export type Revoked = z.infer<typeof revokedSchema>;
