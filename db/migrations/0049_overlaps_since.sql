ALTER TABLE `overlaps` ADD `found_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE `overlaps` SET `found_at` = `seen_at`;