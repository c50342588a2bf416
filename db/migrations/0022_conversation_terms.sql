CREATE VIRTUAL TABLE `message_trigram_terms` USING fts5vocab('message_trigrams', 'row');
