import Scale

print(try Context(doubled: true).scale([1, 2, 3], by: 1).values)
