"""The file door: rides in parquet or CSV to predictions in parquet, committed all or nothing by a manifest.

    plan     what there is to score, by content; nothing that a manifest has already
    stage    one file's parts under .staging/, in any process or machine that sees the output; resumes
    commit   verify, rename, then the manifest by atomic rename: before it readers see nothing, after it all
    run      the three in a row, over the cores of this machine

Knows no broker, web server or schedule. Readers find files through :mod:`batch.reader`, never by listing folders.
"""
