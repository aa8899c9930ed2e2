class HashTable:
    """A hash table with separate chaining, built without Python's dict.

    HashTable(capacity) makes a table with that many buckets. set(key, value) stores a value under a key
    and replaces what was there, get(key, default) returns the value or the default, which is None if
    it is not given. delete(key) removes a key and tells whether it was there. size() counts the keys.
    """

    def __init__(self, capacity=16):
        self._buckets = [[] for _ in range(capacity)]
        self._size = 0

    def _bucket(self, key):
        return self._buckets[hash(key) % len(self._buckets)]

    def set(self, key, value):
        """Store a value under a key."""
        bucket = self._bucket(key)
        for entry in bucket:
            if entry[0] == key:
                entry[1] = value
                return
        bucket.append([key, value])
        self._size += 1

    def get(self, key, default=None):
        """Return the value of a key, or the default."""
        for known, value in self._bucket(key):
            if known == key:
                return value
        return default

    def delete(self, key):
        """Remove a key; tell whether it was there."""
        bucket = self._bucket(key)
        for at, entry in enumerate(bucket):
            if entry[0] == key:
                del bucket[at]
                self._size -= 1
                return True
        return False

    def size(self):
        """Count the keys."""
        return self._size
