"""placeholder"""
def write_page(found, claims, out, page):
    pass
