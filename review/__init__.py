"""The reviewer's desk: a person's pages over the books; it refuses to know Prefect and how a fax is read."""
