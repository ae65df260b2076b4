"""Customers, kept apart from the record: the journal knows numbers, this file knows people, and can forget them.

person.py what is known of a customer, and who may be the same; keys.py one key for each; store.py the sealed file;
desk.py what people do with it, with its traces in the journal.
"""

from bench.customers.desk import Customers
from bench.customers.person import Person
from bench.customers.sqlite import CustomerError
from bench.customers.store import Alike, Customer, CustomerStore

__all__ = ["Alike", "Customer", "CustomerError", "CustomerStore", "Customers", "Person"]
