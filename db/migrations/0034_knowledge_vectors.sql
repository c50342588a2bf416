CREATE TABLE `knowledge_to_embed` (
	`number` integer PRIMARY KEY NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `knowledge_to_embed_next` ON `knowledge_to_embed` (`attempts`,`number`);--> statement-breakpoint
CREATE TABLE `knowledge_vectors` (
	`number` integer PRIMARY KEY NOT NULL,
	`space` text NOT NULL,
	`updated_at` integer NOT NULL,
	`bits` blob NOT NULL,
	`vector` blob NOT NULL
);
--> statement-breakpoint
CREATE INDEX `knowledge_vectors_bits` ON `knowledge_vectors` (`space`,`bits`);--> statement-breakpoint
INSERT INTO `knowledge_to_embed` (`number`) SELECT `number` FROM `knowledge` WHERE `forgotten_at` IS NULL;--> statement-breakpoint
CREATE TRIGGER `knowledge_waits_to_be_embedded` AFTER INSERT ON `knowledge` WHEN NEW.`forgotten_at` IS NULL BEGIN
	INSERT INTO `knowledge_to_embed` (`number`) VALUES (NEW.`number`);
END;--> statement-breakpoint
CREATE TRIGGER `knowledge_means_something_else` AFTER UPDATE OF `category`, `key`, `summary`, `detail`, `forgotten_at` ON `knowledge` WHEN OLD.`category` IS NOT NEW.`category` OR OLD.`key` IS NOT NEW.`key` OR OLD.`summary` IS NOT NEW.`summary` OR OLD.`detail` IS NOT NEW.`detail` OR OLD.`forgotten_at` IS NOT NEW.`forgotten_at` BEGIN
	DELETE FROM `knowledge_vectors` WHERE `number` = OLD.`number`;
	DELETE FROM `knowledge_to_embed` WHERE `number` = OLD.`number`;
	INSERT INTO `knowledge_to_embed` (`number`) SELECT NEW.`number` WHERE NEW.`forgotten_at` IS NULL;
END;--> statement-breakpoint
CREATE TRIGGER `knowledge_means_nothing` AFTER DELETE ON `knowledge` BEGIN
	DELETE FROM `knowledge_vectors` WHERE `number` = OLD.`number`;
	DELETE FROM `knowledge_to_embed` WHERE `number` = OLD.`number`;
END;
