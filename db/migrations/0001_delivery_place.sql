ALTER TABLE `deliveries` ADD `transcript_path` text;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `transcript_offset` integer DEFAULT 0 NOT NULL;