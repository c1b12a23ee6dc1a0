# Bücher, die von sich selbst abweichen.
books-frozen-subject = Gesperrt: Das Buch { $name } weicht von sich selbst ab
books-frozen = { $name } ist gesperrt
books-frozen-what = Das Buch { $book } weicht von seinem eigenen Journal ab und nimmt seit { $since } nichts mehr auf. Gelesen wird es wie bisher; andere Bücher gehen weiter. Zahlungen, Abrechnungen und gemeldete Einzüge warten.
books-frozen-find-out = Finden Sie heraus, was geschehen ist, bevor etwas ausgebessert wird. Wenn es entschieden ist, lässt der Eigentümer der Datenbank es weitergehen:
books-frozen-then = Der Vergleich beginnt dann von vorn; was noch abweicht, sperrt das Buch wieder.
