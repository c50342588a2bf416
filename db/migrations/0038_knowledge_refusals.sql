ALTER TABLE `knowledge_to_embed` ADD `not_before` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `knowledge_to_embed` ADD `refused_by` text;--> statement-breakpoint
ALTER TABLE `knowledge_to_embed` ADD `because` text;--> statement-breakpoint
CREATE INDEX `knowledge_to_embed_refused` ON `knowledge_to_embed` (`refused_by`) WHERE "knowledge_to_embed"."refused_by" is not null;--> statement-breakpoint
UPDATE `knowledge_to_embed` SET `attempts` = 0;
