"""Definitions by area: a folder is a part of the flow, a file a kind of Dagster object."""
