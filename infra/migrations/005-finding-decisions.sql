-- From the document of a decision to the event that hands it over: nobody may delete it between the two.
create index event_decision_document on hub.event ((data ->> 'documentId')) where data ->> 'documentId' is not null;
