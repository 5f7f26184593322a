"""Notebook 08: which scale the shipped weights used, and what the shipped measurements say."""

# ruff: noqa: E501 - a sentence is quoted as it stands

from .registry import Book

BOOK = Book("08")
says = BOOK.says
