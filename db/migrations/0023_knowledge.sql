CREATE TABLE `knowledge` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`category` text NOT NULL,
	`key` text NOT NULL,
	`summary` text NOT NULL,
	`detail` text,
	`source` text NOT NULL,
	`confidence` real NOT NULL,
	`access_count` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`last_accessed_at` integer,
	`linked_task_id` text,
	`forgotten_at` integer,
	`cjk` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `knowledge_id` ON `knowledge` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `knowledge_key` ON `knowledge` (`category`,`key`) WHERE "knowledge"."forgotten_at" is null;--> statement-breakpoint
CREATE INDEX `knowledge_by_key` ON `knowledge` (`key`);--> statement-breakpoint
CREATE INDEX `knowledge_forgotten` ON `knowledge` (`forgotten_at`);--> statement-breakpoint
CREATE INDEX `knowledge_updated` ON `knowledge` (`updated_at`);--> statement-breakpoint
CREATE TABLE `knowledge_changes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`knowledge_id` text NOT NULL,
	`at` integer NOT NULL,
	`by` text NOT NULL,
	`kind` text NOT NULL,
	`before` text,
	`after` text,
	`origin` text,
	`batch` text
);
--> statement-breakpoint
CREATE INDEX `knowledge_changes_entry` ON `knowledge_changes` (`knowledge_id`,`id`);--> statement-breakpoint
CREATE INDEX `knowledge_changes_batch` ON `knowledge_changes` (`batch`);--> statement-breakpoint
CREATE TABLE `knowledge_operations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`plan_id` text NOT NULL,
	`operation` text NOT NULL,
	`target_keys` text NOT NULL,
	`new_entry` text,
	`rationale` text NOT NULL,
	`status` text NOT NULL,
	`by` text NOT NULL,
	`created_at` integer NOT NULL,
	`executed_at` integer,
	`result` text,
	`error` text,
	`task_id` text
);
--> statement-breakpoint
CREATE INDEX `knowledge_operations_plan` ON `knowledge_operations` (`plan_id`,`status`,`id`);
--> statement-breakpoint
CREATE VIEW `live_knowledge` AS SELECT `number`, `category`, `key`, `summary`, coalesce(`detail`, '') AS `detail` FROM `knowledge` WHERE `forgotten_at` IS NULL;--> statement-breakpoint
CREATE VIEW `cjk_knowledge` AS SELECT `number`, `key` || char(10) || `summary` || char(10) || coalesce(`detail`, '') || char(10) || char(10) AS `text` FROM `knowledge` WHERE `forgotten_at` IS NULL AND `cjk`;--> statement-breakpoint
CREATE VIRTUAL TABLE `knowledge_words` USING fts5(`category`, `key`, `summary`, `detail`, content='live_knowledge', content_rowid='number', tokenize='unicode61 remove_diacritics 2', prefix='3 4');--> statement-breakpoint
CREATE VIRTUAL TABLE `knowledge_trigrams` USING fts5(`text`, content='cjk_knowledge', content_rowid='number', tokenize='trigram');--> statement-breakpoint
CREATE VIRTUAL TABLE `knowledge_trigram_terms` USING fts5vocab('knowledge_trigrams', 'row');--> statement-breakpoint
CREATE TRIGGER `knowledge_is_indexed` AFTER INSERT ON `knowledge` WHEN NEW.`forgotten_at` IS NULL BEGIN
	INSERT INTO `knowledge_words` (`rowid`, `category`, `key`, `summary`, `detail`) VALUES (NEW.`number`, NEW.`category`, NEW.`key`, NEW.`summary`, coalesce(NEW.`detail`, ''));
END;--> statement-breakpoint
CREATE TRIGGER `knowledge_is_indexed_by_three` AFTER INSERT ON `knowledge` WHEN NEW.`forgotten_at` IS NULL AND NEW.`cjk` BEGIN
	INSERT INTO `knowledge_trigrams` (`rowid`, `text`) VALUES (NEW.`number`, NEW.`key` || char(10) || NEW.`summary` || char(10) || coalesce(NEW.`detail`, '') || char(10) || char(10));
END;--> statement-breakpoint
CREATE TRIGGER `knowledge_words_change` AFTER UPDATE OF `category`, `key`, `summary`, `detail`, `forgotten_at` ON `knowledge` BEGIN
	INSERT INTO `knowledge_words` (`knowledge_words`, `rowid`, `category`, `key`, `summary`, `detail`) SELECT 'delete', OLD.`number`, OLD.`category`, OLD.`key`, OLD.`summary`, coalesce(OLD.`detail`, '') WHERE OLD.`forgotten_at` IS NULL;
	INSERT INTO `knowledge_words` (`rowid`, `category`, `key`, `summary`, `detail`) SELECT NEW.`number`, NEW.`category`, NEW.`key`, NEW.`summary`, coalesce(NEW.`detail`, '') WHERE NEW.`forgotten_at` IS NULL;
END;--> statement-breakpoint
CREATE TRIGGER `knowledge_letters_change` AFTER UPDATE OF `key`, `summary`, `detail`, `forgotten_at`, `cjk` ON `knowledge` BEGIN
	INSERT INTO `knowledge_trigrams` (`knowledge_trigrams`, `rowid`, `text`) SELECT 'delete', OLD.`number`, OLD.`key` || char(10) || OLD.`summary` || char(10) || coalesce(OLD.`detail`, '') || char(10) || char(10) WHERE OLD.`forgotten_at` IS NULL AND OLD.`cjk`;
	INSERT INTO `knowledge_trigrams` (`rowid`, `text`) SELECT NEW.`number`, NEW.`key` || char(10) || NEW.`summary` || char(10) || coalesce(NEW.`detail`, '') || char(10) || char(10) WHERE NEW.`forgotten_at` IS NULL AND NEW.`cjk`;
END;--> statement-breakpoint
CREATE TRIGGER `knowledge_is_gone` AFTER DELETE ON `knowledge` WHEN OLD.`forgotten_at` IS NULL BEGIN
	INSERT INTO `knowledge_words` (`knowledge_words`, `rowid`, `category`, `key`, `summary`, `detail`) VALUES ('delete', OLD.`number`, OLD.`category`, OLD.`key`, OLD.`summary`, coalesce(OLD.`detail`, ''));
END;--> statement-breakpoint
CREATE TRIGGER `knowledge_is_gone_by_three` AFTER DELETE ON `knowledge` WHEN OLD.`forgotten_at` IS NULL AND OLD.`cjk` BEGIN
	INSERT INTO `knowledge_trigrams` (`knowledge_trigrams`, `rowid`, `text`) VALUES ('delete', OLD.`number`, OLD.`key` || char(10) || OLD.`summary` || char(10) || coalesce(OLD.`detail`, '') || char(10) || char(10));
END;
