DROP INDEX `message_parts_tool`;--> statement-breakpoint
DROP INDEX `message_parts_blob`;--> statement-breakpoint
CREATE INDEX `message_parts_blob` ON `message_parts` (`blob_id`) WHERE "message_parts"."blob_id" is not null;