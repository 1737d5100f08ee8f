create schema documents;
